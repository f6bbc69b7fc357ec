"""`latentlink train`: its options, the job, progress, requirements and event files."""
