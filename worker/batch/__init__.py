"""The batch lane: shards of a job as batch-inference jobs of Bedrock, from their files to their harvest."""
