"""Items with personal data marked in them, and the suite that measures the masking on a frozen part."""
