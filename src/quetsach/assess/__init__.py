"""From daily counts to numbers: families, ISPs, targets against a frozen baseline."""
