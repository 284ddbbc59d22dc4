"""Commands for those who run a deployment, on the database itself; serving, managers and the doctor have their own."""
