"""What is shown on every face, before it is said in any language: frozen values, no words."""
