// SPDX-License-Identifier: Apache-2.0
// Seconds of typical references on the builtin engine, best of five; reference_bench.py runs the
// same files with PyTorch. Each reference is tests/bench/pytorch/<name>.py: its run() makes its own
// inputs of zeros and ones, so that both engines do the same work.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/file.h"
#include "base/parallel.h"
#include "pytorch/engine.h"

namespace {

double best_seconds(const fitest::SourcePtr& source) {
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const auto start = std::chrono::steady_clock::now();
    fitest::pytorch::run_reference(source, {}, {});
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    best = std::min(best, elapsed.count());
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  fmt::print("{} threads\n", fitest::thread_count());
  for (int i = 1; i < argc; ++i) {
    const auto source = fitest::make_source(argv[i], fitest::read_file(argv[i]));
    fmt::print("{:<40}{:>12.3f} ms\n", argv[i], best_seconds(source) * 1e3);
  }
}
