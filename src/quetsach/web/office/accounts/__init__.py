"""Lists of stolen accounts that the police or a partner hands over: sealed, and told to their owners alone, by mail."""
