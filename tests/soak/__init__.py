"""Long suites: `./dev soak [model|races|kills|baskets]`. Resumable; figures and seeds in reports/soak.json."""
