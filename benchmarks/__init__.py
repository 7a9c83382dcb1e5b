"""The workloads of docs/benchmarks.md, each beside its raw-driver twin or a peer on the same data."""
