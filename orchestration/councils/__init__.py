"""City councils: the clients that are asked (register), and which matters are about the study's subject (finder)."""
