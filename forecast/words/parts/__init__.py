"""What every language has to say, a protocol for each part: what is missing in one is a type error."""
