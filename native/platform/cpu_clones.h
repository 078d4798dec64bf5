// Machine code for several CPUs from one portable function, chosen when the library is loaded. No clone changes a
// result: products and sums are neither contracted (-ffp-contract=off) nor reassociated.
#pragma once

// The sanitizers' run-time isn't up yet when the loader chooses among clones.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define HEPATICA_CPU_CLONES __attribute__((target_clones("arch=skylake-avx512", "avx2", "default")))
#else
#define HEPATICA_CPU_CLONES
#endif
