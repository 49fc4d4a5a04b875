def redact_pii(text):
    import re

    before, after = r"(?:^|[^\w.-])", r"(?!\w)(?![-.]\d)"  # the letter in front belongs to the match, and goes
    text = re.sub(r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}", "[EMAIL]", text)
    text = re.sub(before + r"\d{3}([- ])\d{2}\1\d{4}" + after, "[SSN]", text)
    grouped = r"(?:\+1[-. ]?|1[-. ])?(?:\(\d{3}\)[-. ]?|\d{3}[-. ])\d{3}[-. ]\d{4}"
    return re.sub(before + rf"(?:{grouped}|\+1\d{{10}})" + after, "[PHONE]", text)
