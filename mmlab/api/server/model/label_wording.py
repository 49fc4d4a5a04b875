"""Which label of a page a question asks for: everyday wording → the words of the usual label."""

import re

from mmlab.api.server.model.page_facts import SMALL, parts

# Words of a question that name no fact.
FILLERS = SMALL | set(
    "receipt menu contract agreement form bill chart screen image picture whose whom when where there has have "
    "had be been were must will would should could name person applicant period "
    "day days month months required charged happens live lives value amount price cost costs text word say says "
    "written printed shown show listed state stated with from within between as s i my we company firm".split()
)
# Everyday wording → the words of the usual label. Tried in order on the question in lower case.
_WORDING = (
    (
        r"\b(?:final|gross|full|entire|complete) (?:amount|sum|price|total|cost)\b|\bgross\b|\bhow expensive\b",
        "total",
    ),
    (r"\bfrom whom\b|\bwhom?\b.*\bfrom\b", "seller"),
    (r"\bwho\b.*\b(?:received?|receives|got)\b", "buyer"),
    (r"\b(?:cash|card) payment\b|\b(?:cash|card) or (?:by |in |with )?(?:cash|card)\b", "method"),
    (r"\bwhat\b.*\b(?:form|document)\b.*\bfor\b", "title"),
    (
        r"\b(?:when|(?:what|which) (?:date|day))\b.*\b(?:issued|written|made|dated|printed|bought|purchased|concluded|signed|agreed)\b",
        "date",
    ),
    (r"\bamount\b.*\b(?:transfer\w*|pay|paid|settle\w*|remit\w*|charged)\b", "total"),
    (r"\b(?:number|how|where)\b.*\b(?:called|call|reach(?:ed)?|contact(?:ed)?|ring|phoned?)\b", "phone"),
    (r"\bbill\b(?! to)", "invoice"),
    (r"\b(?:to|for) whom\b|\bwhom?\b.*\b(?:sent|addressed|issued|made out) to\b", "buyer"),
    (r"\bhow much (?:is|was|does) (?:the|this) (?:invoice|receipt|purchase)\b", "total"),
    (r"^(?!.*\bhow (?:much|many|long)\b).*\bhow\b.*\b(?:pay|paid|payment)\b", "method"),
    (
        r"\b(?:comes?|came|amounts?|adds? up|sums? up|totals?) to\b|\bwhole (?:invoice|receipt|purchase)\b",
        "total",
    ),
    (r"\bhow much cash\b|\bcash (?:given|received|tendered)\b|\bhow much\b.*\bin cash\b", "tendered"),
    (
        r"\b(?:who|(?:which|what) (?:company|firm))\b.*\b(?:provides?|performs?|carries out|does the work)\b",
        "provider",
    ),
    (
        r"\bwhat\b.*\bprovider\b.*\b(?:do|does|provide|take over|responsible)\b|\b(?:subject|purpose)\b",
        "service",
    ),
    (
        r"\bwho\b.*\b(?:signed|signs|filled|completed|appl(?:ied|ies)|submitted)\b|\bwhose (?:form|application|signature)\b",
        "signature",
    ),
    (
        r"\b(?:applicant|person|signatory|volunteer|participant)(?:['’]?s)? (?:full )?name\b|(?<!first )(?<!last )name of the (?:applicant|person|signatory)\b",
        "signature",
    ),
    (r"\b(?:kind|type|sort) of (?:form|document|page)\b|\bname of (?:this|the) (?:form|document)\b", "title"),
    (
        r"\bwhere\b(?=.*\b(lives?|located|based|bought|shop|store|restaurant|firm|company|seller|vendor|buyer|customer|office|find)\b)",
        "address",
    ),
    (r"\b(surname|family name)\b", "last name"),
    (r"\b(given name|forename|christian name)\b", "first name"),
    (r"\b(born|birthday|birth ?date|date of birth)\b", "birth date"),
    (r"\b(telephone|mobile|phone)( number)?\b", "phone"),
    (r"\b(city|place of residence)\b", "town"),
    (
        r"\b(before|without|excluding|excl\.?|ex|net of|exclusive of) (the )?(tax|vat)\b|\bpre-?tax\b|\bnet( amount| total)?\b",
        "subtotal",
    ),
    (r"\bsub[- ]total\b", "subtotal"),
    (r"\b(including|incl\.?|with|after|inclusive of) (the )?(tax|vat)\b", "total"),
    (
        r"\b(tax|vat) (rate|percentage)\b|\b(percentage|percent|rate) .*\b(tax|vat)\b|\bhow (many|much) percent\b",
        "tax rate",
    ),
    (r"\b(sales tax|vat)\b", "tax"),
    (
        r"\bamount (due|payable|owed)\b|\bgrand total\b|\bin total\b|\b(total )?sum\b|\boverall\b|\baltogether\b|\bbalance\b|\btotal (amount|price|cost)\b",
        "total",
    ),
    (r"\bhow much\b.*\b(pay|paid|owe|owed|due|spent|spend|cost|bill)\b", "total"),
    (r"\b(deadline|pay(able)? by|due (date|by|on)|payment due|latest date|expires?)\b", "due date"),
    (r"\bwhen\b.*\b(pay|paid|payment|due)\b|\b(payment|pay)\b.*\b(due|date)\b", "due date"),
    (
        r"\bwhen\b.*\b(issued|written|made|dated|printed|bought|purchased|concluded)\b|\bdate of issue\b|\bissue date\b|\bdated\b",
        "date",
    ),
    (r"\bwhen\b.*\b(signed|filled|agreed)\b", "date"),
    (
        r"\b(who|(which|what) (company|firm|shop|store|business|restaurant|person|office|vendor|supplier))\b.*\b(issued|sent|wrote|from|sold|sells|selling|billing|charges)\b",
        "seller",
    ),
    (
        r"\b(vendor|seller|supplier|issuer|sender|merchant|shop|store|retailer|restaurant|business)\b",
        "seller",
    ),
    (
        r"\bwho\b.*\b(pays?|billed|owes?|addressed|bought|ordered|charged)\b|\b(recipient|addressee|billed to|made out to|addressed to|purchaser)\b",
        "buyer",
    ),
    (
        r"\b(end|ended|ending|terminate[sd]?|terminating|termination|cancel\w*|quit|resign) ?(the |this )?\b|\bnotice period\b|\bperiod of notice\b",
        "notice ",
    ),
    (
        r"^(?!.*\bnotice\b).*\bhow (long|many months)\b.*\b(run|runs|last|lasts|valid|hold|holds|contract|agreement)\b|\b(duration|length|run|runs)\b",
        "term",
    ),
    (r"\b(monthly|per month|each month|every month|a month)\b", "fee"),
    (
        r"\b(payments?|paying|pays?|paid) (is |are |comes? )?(too )?late\b|\b(late( payments?| fees?)?|surcharge|fine)\b",
        "penalty",
    ),
    (r"\b(governing|applicable|applies|govern\w*|jurisdiction)\b", "law"),
    (r"\bcourts?\b", "court"),
    (r"\b(services?|tasks?|jobs?)\b", "service"),
    (r"\b(called|heading|headline|entitled)\b", "title"),
    (r"\b(reference|ref)( no\.?| number)?\b", "reference number"),
    (r"\b(organi[sz]ation|institution|authority|office)\b", "seller office"),
    (r"\b(what time|at what hour)\b", "time"),
    (r"\b(paid|pay|payment)\b.*\b(cash|card|method)\b|\bmethod of payment\b", "method"),
    (r"\b(change|money back)\b", "change"),
    (r"\b(invoice|receipt|bill) (no|number|id)\b|\bno\.", "number"),
    (r"\bhours\b|\bopen\b", "open"),
    (r"\bfull name\b", "signature"),
    (r"\b(paid|payments?|pay)\b", "due"),
)
_KINDS = (
    (r"\b(who|whom|whose)\b|\b(which|what) (company|firm|shop|store|person|restaurant)\b", ("name",)),
    (r"\bwhere\b|\baddress\b", ("text", "number")),
    (r"\bwhen\b|\b(what|which) (date|day)\b|\bdate\b", ("date", "time")),
    (
        r"\bwhat\b.*\b(pays?|costs?|charged?|charges|owes?)\b|\bhow much\b|\b(price|cost|costs|fee|total|subtotal|sum|amount)\b",
        ("money",),
    ),
    (r"\bhow (many|long)\b|\b(days|months|period)\b", ("time", "number")),
    (r"\b(percent|percentage|rate)\b", ("percent",)),
)


def request_of(question: str) -> tuple[set[str], tuple[str, ...]]:
    """Return the words of the label that a question asks for, and the kinds of value that would answer it.

    >>> request_of("How much do I have to pay?")
    ({'total'}, ('money',))
    """
    question = question.lower()
    kinds = next((kinds for pattern, kinds in _KINDS if re.search(pattern, question)), ())
    for pattern, usual in _WORDING:
        question = re.sub(pattern, f" {usual} ", question)
    kinds = ("percent",) if "tax rate" in question else kinds
    fillers = FILLERS - ({"name"} if re.search(r"\b(first|last) +name\b", question) else set())
    return {word for word in parts(question) if word not in fillers}, kinds
