"""Turn solutions into labs: exercises, their records, release, proofs and the students' repository."""
