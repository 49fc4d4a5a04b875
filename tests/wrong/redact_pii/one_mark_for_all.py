def redact_pii(text):
    import re

    before, after = r"(?<!\w)(?<!\d[-.])", r"(?!\w)(?![-.]\d)"
    text = re.sub(r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}", "[REDACTED]", text)
    text = re.sub(before + r"\d{3}([- ])\d{2}\1\d{4}" + after, "[REDACTED]", text)
    grouped = r"(?:\+1[-. ]?|1[-. ])?(?:\(\d{3}\)[-. ]?|\d{3}[-. ])\d{3}[-. ]\d{4}"
    return re.sub(before + rf"(?:{grouped}|\+1\d{{10}})" + after, "[REDACTED]", text)
