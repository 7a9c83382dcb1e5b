"""Long suites: `./dev soak [model|loops|races|kills|baskets]`. Resumable; figures and seeds in reports/soak.json."""
