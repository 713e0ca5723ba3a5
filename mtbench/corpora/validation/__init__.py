"""All defects of corpus files in one pass, errors apart from warnings."""

from mtbench.corpora.validation.records import Defect, ValidatedFile, ValidationReport
from mtbench.corpora.validation.run import validate

__all__ = ["Defect", "ValidatedFile", "ValidationReport", "validate"]
