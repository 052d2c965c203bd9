"""The pages in a real browser: Debian's chromium, with scripts and without, on a phone's screen."""
