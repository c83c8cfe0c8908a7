"""City councils: which ones are requested (register), and which matters concern the study's subject (finder)."""
