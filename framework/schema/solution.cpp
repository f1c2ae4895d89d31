// SPDX-License-Identifier: Apache-2.0
#include "schema/solution.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "schema/dataset.h"
#include "schema/fields.h"
#include "schema/launch_plan.h"

namespace fitest {
namespace {

// flashinfer-bench's SupportedLanguages and SupportedBindings; "nvrtc" is fitest's own.
const std::vector<std::string> kLanguages = {"python",   "triton",  "cpp",     "cuda",
                                             "tilelang", "cutedsl", "cutlass", "cutile"};
const std::vector<std::string> kBindings = {"tvm-ffi", "torch", "nvrtc"};

class SolutionReader {
 public:
  SolutionReader(const Value& document, std::string folder, Diagnostics& diagnostics)
      : fields_(document, "the solution", diagnostics),
        folder_(std::move(folder)),
        diagnostics_(diagnostics) {}

  std::optional<Solution> read() {
    const std::size_t errors_before = diagnostics_.error_count();
    if (!fields_.valid()) return std::nullopt;
    solution_.name = fields_.text("name");
    solution_.definition = fields_.text("definition");
    solution_.author = fields_.text("author");
    for (const char* key : {"name", "definition", "author"}) {
      if (const Value* value = fields_.find(key)) {
        check_name(*value, fmt::format("\"{}\"", key), diagnostics_);
      }
    }
    solution_.description = fields_.optional_text("description");
    read_sources();
    read_spec();
    fields_.warn_unknown_keys();
    if (diagnostics_.error_count() > errors_before) return std::nullopt;
    solution_.document = fields_.object();
    solution_.source = fields_.object().source();
    return std::move(solution_);
  }

 private:
  void read_sources() {
    const Value* sources = fields_.require("sources", Value::Type::Array);
    if (sources == nullptr) return;
    if (sources->array().empty()) fields_.error(*sources, "\"sources\" is empty");
    for (const Value& item : sources->array()) read_source(item);
  }

  void read_source(const Value& item) {
    if (item.is_string()) {
      add_source(item, nullptr);
      return;
    }
    Fields fields(item, "the source", diagnostics_);
    if (!fields.valid()) return;
    const Value* path = fields.require("path", Value::Type::String);
    const Value* content = fields.find("content", Value::Type::String);
    if (path != nullptr) add_source(*path, content);
    fields.warn_unknown_keys();
  }

  void add_source(const Value& path, const Value* content) {
    if (!check_relative_path(path, diagnostics_)) return;
    const bool listed =
        std::any_of(solution_.sources.begin(), solution_.sources.end(),
                    [&](const SolutionSource& source) { return source.path == path.string(); });
    if (listed) {
      fields_.error(path, fmt::format("the source \"{}\" is listed twice", path.string()));
      return;
    }
    if (content == nullptr) {
      read_file_source(path);
      return;
    }
    if (content->string().empty()) {
      fields_.error(*content, fmt::format("the source \"{}\" is empty", path.string()));
    }
    solution_.sources.push_back({path.string(), content->string()});
  }

  void read_file_source(const Value& path) {
    if (folder_.empty()) {
      fields_.error(path, fmt::format("the source \"{}\" has no \"content\"", path.string()));
      return;
    }
    // Listed even when it cannot be read, so that the entry point is not reported as well.
    SolutionSource& source = solution_.sources.emplace_back();
    source.path = path.string();
    try {
      source.content = read_file(resolve_inside(folder_, path.string()));
      if (source.content.empty()) {
        fields_.error(path, fmt::format("the source \"{}\" is empty", path.string()));
      }
    } catch (const Error& error) {
      fields_.error(path, error.what());
    }
  }

  void read_spec() {
    const Value* value = fields_.require("spec", Value::Type::Object);
    if (value == nullptr) return;
    Fields spec(*value, "\"spec\"", diagnostics_);
    solution_.language = one_of(spec, "language", spec.text("language"), kLanguages);
    if (spec.find("binding") != nullptr) {
      solution_.binding = one_of(spec, "binding", spec.text("binding"), kBindings);
    }
    read_entry_point(spec);
    if (const Value* hardware = spec.require("target_hardware", Value::Type::Array)) {
      solution_.target_hardware = spec.optional_texts("target_hardware");
      if (hardware->array().empty()) spec.error(*hardware, "\"target_hardware\" is empty");
    }
    solution_.dependencies = spec.optional_texts("dependencies");
    solution_.compile_options = spec.optional_texts("compile_options");
    solution_.destination_passing_style = spec.optional_boolean("destination_passing_style", true);
    read_launch(spec);
    spec.warn_unknown_keys();
  }

  static std::string one_of(Fields& fields, std::string_view key, std::string text,
                            const std::vector<std::string>& known) {
    if (text.empty() || std::find(known.begin(), known.end(), text) != known.end()) return text;
    fields.error(*fields.find(key),
                 fmt::format("unknown {} \"{}\"; there are {}", key, text, join(known, ", ")));
    return {};
  }

  void read_entry_point(Fields& spec) {
    const std::string entry = spec.text("entry_point");
    if (entry.empty()) return;
    const Value& value = *spec.find("entry_point");
    const std::size_t colons = entry.find("::");
    if (colons == std::string::npos || colons == 0 || colons + 2 == entry.size()) {
      spec.error(value,
                 fmt::format("\"entry_point\" must be \"file::symbol\", found \"{}\"", entry));
      return;
    }
    solution_.entry_file = entry.substr(0, colons);
    solution_.entry_symbol = entry.substr(colons + 2);
    std::vector<std::string> paths;
    for (const SolutionSource& source : solution_.sources) paths.push_back(source.path);
    if (!paths.empty() &&
        std::find(paths.begin(), paths.end(), solution_.entry_file) == paths.end()) {
      diagnostics_.error(value.source(), range_within(value, 0, colons),
                         fmt::format("the entry file \"{}\" is not among the sources: {}",
                                     solution_.entry_file, join(paths, ", ")));
    }
  }

  void read_launch(Fields& spec) {
    const Value* launch = spec.find("launch");
    const bool is_nvrtc = solution_.binding == "nvrtc";
    if (launch == nullptr) {
      if (is_nvrtc) {
        spec.diagnostics().error(spec.object().source(), opening(spec.object()),
                                 "\"binding: nvrtc\" needs a launch plan: add \"launch\"");
      }
      return;
    }
    if (!is_nvrtc) spec.error(*launch, "\"launch\" goes with \"binding: nvrtc\" only");
    if (is_nvrtc && solution_.language != "cuda" && !solution_.language.empty()) {
      spec.error(*spec.find("language"), "\"binding: nvrtc\" goes with \"language: cuda\" only");
    }
    solution_.launch = read_launch_plan(*launch, diagnostics_);
  }

  Fields fields_;
  std::string folder_;
  Diagnostics& diagnostics_;
  Solution solution_;
};

}  // namespace

std::optional<Solution> read_solution(const Value& document, const std::string& folder,
                                      Diagnostics& diagnostics) {
  return SolutionReader(document, folder, diagnostics).read();
}

}  // namespace fitest
