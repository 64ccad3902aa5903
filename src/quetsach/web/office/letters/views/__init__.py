"""Pages about letters: writing, sending and following them, what came in, the mail, and the page behind a link."""
