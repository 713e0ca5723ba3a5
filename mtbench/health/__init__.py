"""What is wrong with an output at first sight: counted once, by one rule, with its evidence."""
