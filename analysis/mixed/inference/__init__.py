"""What follows from a fit: degrees of freedom, covariances, intervals, comparisons, effects."""
