// SPDX-License-Identifier: Apache-2.0
// Marks a function whose loops are compiled for AVX2 too; the processor decides at run time.
#pragma once

// A macro, because an attribute cannot be made conditional in any other way. Sanitizers are left
// out: their run time is not up yet when the loader resolves the clones.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define FITEST_SIMD [[gnu::target_clones("avx2", "default")]]
#else
#define FITEST_SIMD
#endif
