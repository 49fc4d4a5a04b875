def invoice_check(invoice):
    def cents(value):
        return round(100 * float(str(value).replace(",", "").strip("€£$")))

    try:
        rows = [(int(row["quantity"]), cents(row["price"]), cents(row["amount"])) for row in invoice["items"]]
        subtotal, tax, total = (cents(invoice[name]) for name in ("subtotal", "tax", "total"))
        rate = float(invoice["tax_rate"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("a field is missing or is no amount") from error
    if not rows:
        raise ValueError("no items")
    found = [f"item {number}" for number, (quantity, price, amount) in enumerate(rows) if quantity * price != amount]
    if sum(amount for _, _, amount in rows) != subtotal:
        found.append("subtotal")
    if abs(100 * tax - subtotal * rate) >= 100:
        found.append("tax")
    if subtotal + tax != total:
        found.append("total")
    return found
