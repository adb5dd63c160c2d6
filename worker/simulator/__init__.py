"""A local Bedrock: real HTTP, so that the product needs no account to be tried, tested and measured."""
