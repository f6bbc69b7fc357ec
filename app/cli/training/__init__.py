"""`latentlink train`: its options, the job, progress and requirements."""
