"""Wrong answers to vq_tokenize_image."""

from mmlab.instructor.authoring.exercise import Answer

MODE = ', compute_mode="donot_use_mm_for_euclid_dist")'
DISTANCES = "torch.cdist(features.flatten(0, 1), self.codebook" + MODE
NEAREST = "distances.argmin(dim=1)"
FRAME = "if len(ids) < 4 or ids[0] != self.words or ids[-1] != self.words + 1:"
LINES = "if columns < 1 or (len(ids) - 2) % (columns + 1):"
OUTSIDE = "outside = (codes < 0) | (codes >= len(self.codebook))"

ANSWERS = (
    Answer("manhattan", {MODE: ", p=1)"}, "Euclidean"),
    Answer("largest_difference", {MODE: ", p=float('inf'))"}, "Euclidean"),
    Answer("cosine", {NEAREST: "(F.normalize(features.flatten(0, 1), dim=1) @ F.normalize(self.codebook, dim=1).T).argmax(dim=1)"}, "Euclidean distance"),
    Answer("no_begin", {"torch.cat([begin, lines.flatten(), end])": "torch.cat([lines.flatten(), end])"}, "begin stands in front"),
    Answer("no_line_ends", {"F.pad(grid, (0, 1), value=self.words + 2)": "grid"}, "a line end after each row"),
    Answer("no_last_line_end", {"lines.flatten(), end": "lines.flatten()[:-1], end"}, "also after the last row"),
    Answer("line_ends_in_front", {"F.pad(grid, (0, 1)": "F.pad(grid, (1, 0)"}, "after each row"),
    Answer("int32", {"return torch.cat([begin, lines.flatten(), end])": "return torch.cat([begin, lines.flatten(), end]).int()"}, "int64"),
    Answer("size_without_special_ids", {"words + 3 + len(codebook)": "words + len(codebook)"}, "begin, end and line end count"),
    Answer("size_is_the_highest_id", {"words + 3 + len(codebook)": "words + 2 + len(codebook)"}, "the number of ids"),
    Answer("any_begin", {" or ids[0] != self.words": ""}, "begin is checked"),
    Answer("any_end", {" or ids[-1] != self.words + 1:": ":"}, "end is checked"),
    Answer("begin_and_end_exchanged", {FRAME: "if len(ids) < 4 or ids[0] != self.words + 1 or ids[-1] != self.words:"}, "begin is words"),
    Answer("negative_codes", {OUTSIDE: "outside = codes >= len(self.codebook)"}, "text ids are no codes"),
    Answer("clamped_codes", {OUTSIDE: "codes = codes.clamp(0, len(self.codebook) - 1)\n        outside = codes < 0"}, "ids that are no codes are refused"),
    Answer("one_code_too_many", {OUTSIDE: "outside = (codes < 0) | (codes > len(self.codebook))"}, "IndexError instead of ValueError"),
    Answer("cuts_the_last_line", {LINES: "ids = torch.cat([ids[:1], ids[1:-1][: (len(ids) - 2) // (columns + 1) * (columns + 1)], ids[-1:]])\n        if columns < 1:"}, "lines of unequal length are refused"),
    Answer("empty_lines", {LINES: "if columns < 0 or (len(ids) - 2) % (columns + 1):"}, "an empty line is refused"),
    Answer("flat_vectors", {"return self.codebook[codes]": "return self.codebook[codes].flatten(0, 1)"}, "(rows, columns, D)"),
    Answer("codes_returned", {"return self.codebook[codes]": "return codes"}, "vectors"),
    Answer("as_float32", {"return self.codebook[codes]": "return self.codebook[codes].float()"}, "the codebook's dtype"),
    Answer("expanded_square", {DISTANCES: "self.codebook.square().sum(dim=1) - 2 * features.flatten(0, 1) @ self.codebook.T"}, "large numbers at small distances lose their digits"),
    Answer("float32_distances", {DISTANCES: "torch.cdist(features.float().flatten(0, 1), self.codebook.float()" + MODE}, "float64 has digits that float32 lacks"),
    Answer("ids_through_float32", {"F.pad(grid, (0, 1), value=self.words + 2)": "F.pad(grid.float(), (0, 1), value=self.words + 2).long()"}, "float32 has no odd numbers above 2²⁴"),
    Answer("lines_of_the_right_mean", {"        grid = ids[1:-1].reshape(-1, columns + 1)\n": "        inner = ids[1:-1]\n        if len(ends) * (columns + 1) != len(inner) or inner[-1] != self.words + 2:\n            raise ValueError\n        grid = F.pad(inner[inner != self.words + 2].reshape(len(ends), columns), (0, 1), value=self.words + 2)\n"}, "every line has the length of the first"),
)  # fmt: skip
