// SPDX-License-Identifier: Apache-2.0
// Seconds of official references on the builtin engine, best of some rounds:
//   fitest_pytorch_bench DATASET WORKLOADS ROUNDS [DEFINITION]
// and with no arguments one small reference, for the time from start-up to the first result.
// compare_with_pytorch.py runs it beside PyTorch and prints the ratios.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "../../unit/pytorch/golden.h"
#include "../../unit/pytorch/official_case.h"
#include "base/error.h"
#include "pytorch/engine.h"
#include "schema/dataset.h"

namespace fitest::pytorch {
namespace {

constexpr Limits kLimits{.memory_bytes = std::size_t{64} << 30};

double best_seconds(const Definition& definition, const fitest::Value& workload, int rounds) {
  const SourcePtr source = reference_of(definition, workload);
  const std::vector<NamedTensor> arguments = arguments_of(definition, workload);
  double best = 1e9;
  for (int i = 0; i < rounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run_reference(source, arguments, kLimits);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    best = std::min(best, elapsed.count());
  }
  return best;
}

void run_first() {
  const auto source =
      make_source("first", "import torch\ndef run():\n  return torch.ones(4).sum()\n");
  fmt::print("{}\n", run_reference(source, {}, kLimits)[0].as<float>()[0]);
}

void run_all(const std::string& root, const std::string& workloads, int rounds,
             const std::string& only) {
  const fitest::Value document = read_json_file(workloads);
  const Dataset dataset = read_dataset(root);
  for (const fitest::Value& workload : document.array()) {
    const std::string& name = workload.find("name")->string();
    if (!only.empty() && name != only) continue;
    for (const Definition& definition : dataset.definitions) {
      if (definition.op_type + "/" + definition.name != name) continue;
      fmt::print("{} {:.6f}\n", name, best_seconds(definition, workload, rounds));
    }
  }
}

}  // namespace
}  // namespace fitest::pytorch

int main(int argc, char** argv) {
  try {
    if (argc == 1) {
      fitest::pytorch::run_first();
    } else if (argc >= 4) {
      fitest::pytorch::run_all(argv[1], argv[2], std::max(1, std::atoi(argv[3])),
                               argc > 4 ? argv[4] : "");
    } else {
      fmt::print(stderr, "usage: {} [DATASET WORKLOADS ROUNDS [DEFINITION]]\n", argv[0]);
      return 2;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
