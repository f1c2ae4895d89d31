// SPDX-License-Identifier: Apache-2.0
#include "planted_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace fitest::ptx {
namespace {

constexpr std::string_view kRun = "// run: ";
constexpr std::string_view kKernel = "KERNEL(";
constexpr std::string_view kExpect = "// expect";
constexpr std::string_view kTwinSuffix = "_right";

class Reader {
 public:
  explicit Reader(const std::string& path) {
    file_.path = path;
    file_.text = read_file(path);
  }

  PlantedFile read() {
    for (const std::string& line : split(file_.text, '\n')) {
      ++line_;
      if (line.starts_with(kRun)) read_run(line.substr(kRun.size()));
      if (line.starts_with(kKernel)) begin_kernel(line);
      const std::size_t comment = line.find(kExpect);
      if (comment != std::string::npos) read_expectation(line.substr(comment + kExpect.size()));
    }
    check_pairs();
    return std::move(file_);
  }

 private:
  [[noreturn]] void reject(const std::string& message) const {
    fail(ErrorKind::Input, fmt::format("{}:{}: {}", file_.path, line_, message));
  }

  std::uint32_t number(const std::string& text) const {
    const auto value = parse_integer(text);
    if (!value || *value < 0) reject("expected a number instead of " + text);
    return static_cast<std::uint32_t>(*value);
  }

  void read_run(const std::string& text) {
    launch_ = PlantedKernel{};
    std::istringstream words(text);
    for (std::string word; words >> word;) {
      const std::size_t equals = std::min(word.find('='), word.size());
      const std::string key = word.substr(0, equals);
      const std::string value = word.substr(std::min(equals + 1, word.size()));
      if (key == "grid") {
        launch_.grid.x = number(value);
      } else if (key == "block") {
        launch_.block.x = number(value);
      } else if (key == "shared") {
        launch_.shared_bytes = number(value);
      } else if (key == "fault") {
        launch_.fault = value;
      } else if (key == "check") {
        launch_.checks = split(value, ',');
      } else {
        reject("unknown word " + word + "; expected fault=, grid=, block=, shared= or check=");
      }
    }
  }

  void begin_kernel(const std::string& line) {
    launch_.name = line.substr(kKernel.size(), line.find(')') - kKernel.size());
    file_.kernels.push_back(launch_);
  }

  // After "// expect": "[(kernel)]: kind[ in buffer][ by thread]".
  void read_expectation(const std::string& text) {
    PlantedExpectation expected;
    const std::size_t colon = text.find(": ");
    if (colon == std::string::npos) reject("expected `: ` and the kind of fault");
    if (text.starts_with("(")) {
      expected.kernel = text.substr(1, text.find(')') - 1);
    } else if (file_.kernels.empty()) {
      reject("an expectation before the first kernel must name its kernel");
    } else {
      expected.kernel = file_.kernels.back().name;
    }
    std::string what(trim(text.substr(colon + 2)));
    const std::size_t by = what.rfind(" by ");
    if (by != std::string::npos && what.find(':', by) != std::string::npos) {
      expected.thread = what.substr(by + 4);
      what.resize(by);
    }
    const std::size_t in = what.find(" in ");
    expected.kind = what.substr(0, in);
    if (in != std::string::npos) expected.buffer = what.substr(in + 4);
    expected.line = line_;
    file_.expectations.push_back(std::move(expected));
  }

  void check_pairs() {
    if (file_.kernels.size() % 2 != 0) reject("the last kernel has no twin");
    for (std::size_t i = 0; i < file_.kernels.size(); i += 2) {
      const std::string& name = file_.kernels[i].name;
      const std::string& twin = file_.kernels[i + 1].name;
      if (twin != name + std::string(kTwinSuffix)) reject(twin + " is not the twin of " + name);
      if (file_.kernels[i].fault.empty()) reject(name + " does not say which fault= it has");
      if (expectations_of(name) != 1) reject(name + " must have exactly one expectation");
      if (expectations_of(twin) != 0) reject(twin + " must have no expectation");
    }
  }

  std::ptrdiff_t expectations_of(const std::string& kernel) const {
    return std::count_if(file_.expectations.begin(), file_.expectations.end(),
                         [&](const PlantedExpectation& e) { return e.kernel == kernel; });
  }

  PlantedFile file_;
  PlantedKernel launch_;
  std::uint32_t line_ = 0;
};

}  // namespace

PlantedFile read_planted_file(const std::string& path) {
  return Reader(path).read();
}

}  // namespace fitest::ptx
