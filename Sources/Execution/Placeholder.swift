// Placeholder, replaced by the executor.
