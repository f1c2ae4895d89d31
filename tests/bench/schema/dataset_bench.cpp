// SPDX-License-Identifier: Apache-2.0
// Milliseconds to read a dataset and to parse its documents alone, best of ten.
// Usage: fitest_schema_bench DATASET
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "base/file.h"
#include "document/document.h"
#include "schema/dataset.h"
#include "schema/validate.h"

namespace {

namespace fs = std::filesystem;

double best_milliseconds(const std::function<void()>& work) {
  double best = 1e9;
  for (int i = 0; i < 10; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::milli> elapsed =
        std::chrono::steady_clock::now() - start;
    best = std::min(best, elapsed.count());
  }
  return best;
}

std::vector<fs::path> json_files(const fs::path& root) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const fs::path extension = entry.path().extension();
    if (extension == ".json" || extension == ".jsonl") files.push_back(entry.path());
  }
  return files;
}

std::size_t parse_all(const std::vector<fs::path>& files) {
  std::size_t bytes = 0;
  fitest::Diagnostics diagnostics;
  for (const fs::path& file : files) {
    const auto source = fitest::make_source(file.string(), fitest::read_file(file));
    bytes += source->text().size();
    if (file.extension() == ".jsonl") {
      fitest::read_json_lines(source, diagnostics);
    } else {
      fitest::read_json(source, diagnostics);
    }
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: fitest_schema_bench DATASET\n");
    return 2;
  }
  const fs::path root = argv[1];
  const std::vector<fs::path> files = json_files(root);
  const auto bytes = static_cast<double>(parse_all(files));
  const double parse = best_milliseconds([&] { parse_all(files); });
  const double dataset = best_milliseconds([&] { fitest::read_dataset(root); });
  fmt::print("{}\n", summary_line(fitest::summarize(fitest::read_dataset(root))));
  fmt::print("parse JSON      {:>7.1f} ms {:>7.1f} MB/s\n", parse, bytes / parse / 1e3);
  fmt::print("read_dataset    {:>7.1f} ms\n", dataset);
}
