"""Documents with known truth: pages, charts and screens drawn from a seed.

    page        the sheet that everything is drawn on, and what becomes of it
    names       made-up people, firms, places, goods, dates
    strokes     lines, discs and slices
    invoice     line items, tax, total, and one planted fault if asked for
    receipt     a till's strip
    menu        dishes and prices
    form        labels, answers, ticks
    contract    a page of clauses
    chart       bars, lines, pies
    code        an editor with a program that compiles

Each function takes a seed and returns a Document: the picture, the exact text,
the exact fields, and where each text lies.
"""

from mmlab.world.documents.chart import CHARTS, chart, trend_of
from mmlab.world.documents.code import code_page
from mmlab.world.documents.contract import contract
from mmlab.world.documents.form import form
from mmlab.world.documents.invoice import FAULTS, invoice
from mmlab.world.documents.menu import menu
from mmlab.world.documents.page import Document, Piece, in_lines
from mmlab.world.documents.receipt import receipt

__all__ = ["CHARTS", "FAULTS", "Document", "Piece", "chart", "code_page", "contract", "form", "in_lines",
           "invoice", "menu", "receipt", "trend_of"]  # fmt: skip
