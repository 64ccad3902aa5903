"""The tool's window: what a page holds, how pages follow each other, and what draws them."""
