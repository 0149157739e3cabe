// Placeholder, replaced by the planner.
