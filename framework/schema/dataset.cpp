// SPDX-License-Identifier: Apache-2.0
#include "schema/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "document/document.h"
#include "schema/constraints.h"
#include "schema/fields.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (!it->path().filename().string().starts_with('.')) entries.push_back(it->path());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    fail(ErrorKind::Environment,
         fmt::format("cannot list the folder {}: {}", folder.string(), error.message()));
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::vector<fs::path> sorted_folders(const fs::path& folder) {
  std::vector<fs::path> folders = sorted_entries(folder);
  std::erase_if(folders, [](const fs::path& path) { return !fs::is_directory(path); });
  return folders;
}

bool is_yaml(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml";
}
bool is_document(const fs::path& path) {
  return is_yaml(path) || path.extension() == ".json";
}

// A member that a document may leave out because its path says it.
struct PathMember {
  const char* key;
  std::string value;
};

class DatasetReader {
 public:
  DatasetReader(fs::path root, const DatasetFilter& filter) : filter_(filter) {
    dataset_.root = std::move(root);
  }

  Dataset read() {
    read_definitions();
    read_workloads();
    read_solutions();
    return std::move(dataset_);
  }

 private:
  Diagnostics& diagnostics() { return dataset_.diagnostics; }
  bool wanted(const std::string& definition) const {
    return !filter_.definition || filter_.definition(definition);
  }

  // definitions/<op_type>/<name>.json|.yaml
  void read_definitions() {
    for (const fs::path& folder : sorted_folders(dataset_.root / "definitions")) {
      for (const fs::path& file : sorted_entries(folder)) {
        if (is_document(file) && wanted(file.stem().string())) read_definition_file(file);
      }
    }
    std::sort(dataset_.definitions.begin(), dataset_.definitions.end(),
              [](const Definition& a, const Definition& b) { return a.name < b.name; });
  }

  void read_definition_file(const fs::path& file) {
    const std::string name = file.stem().string();
    const auto [taken, is_new] = definition_files_.emplace(name, file.string());
    const Value document = read_document(file, diagnostics());
    if (document.is_null()) return;
    const std::vector<PathMember> members{{"name", name},
                                          {"op_type", file.parent_path().filename().string()}};
    const std::optional<Value> completed = complete(document, members);
    auto definition = read_definition(completed ? *completed : document, diagnostics());
    if (!definition) return;
    if (completed) definition->document = document;
    if (!is_new) {
      diagnostics().error(
          document.source(), opening(document),
          fmt::format("the definition name \"{}\" is taken by {}", name, taken->second));
      return;
    }
    if (agrees_with_path(document, members)) dataset_.definitions.push_back(*std::move(definition));
  }

  // The document with the members that it leaves out; nothing when it has them all.
  static std::optional<Value> complete(const Value& document,
                                       const std::vector<PathMember>& members) {
    std::optional<Value> result;
    if (!document.is_object()) return result;
    for (const PathMember& member : members) {
      if (document.find(member.key) != nullptr) continue;
      if (!result) result = document;
      result->set(member.key, member.value);
    }
    return result;
  }

  bool agrees_with_path(const Value& document, const std::vector<PathMember>& members) {
    bool agrees = true;
    for (const PathMember& member : members) {
      const Value* value = document.find(member.key);
      if (value == nullptr || *value == Value(member.value)) continue;
      diagnostics().error(
          document.source(), value->range(),
          fmt::format("\"{}\" must be \"{}\" as the path says", member.key, member.value));
      agrees = false;
    }
    return agrees;
  }

  // workloads/<op_type>/<definition>.jsonl|.yaml
  void read_workloads() {
    for (const fs::path& folder : sorted_folders(dataset_.root / "workloads")) {
      for (const fs::path& file : sorted_entries(folder)) {
        const bool is_lines = file.extension() == ".jsonl";
        if (!wanted(file.stem().string())) continue;
        if (is_lines || is_document(file)) read_workload_file(file, is_lines);
      }
    }
    std::stable_sort(
        dataset_.workloads.begin(), dataset_.workloads.end(),
        [](const Workload& a, const Workload& b) { return a.definition < b.definition; });
  }

  void read_workload_file(const fs::path& file, bool is_lines) {
    const std::vector<Value> rows = is_lines ? read_rows(file) : read_authored_rows(file);
    if (rows.empty()) return;
    const std::string name = file.stem().string();
    if (!definition_files_.contains(name)) {
      diagnostics().error(rows[0].source(), {0, 0},
                          fmt::format("there is no definition \"{}\" for these workloads", name));
      return;
    }
    const Definition* definition = dataset_.find_definition(name);
    for (const Value& row : rows) read_row(row, name, definition);
  }

  std::vector<Value> read_rows(const fs::path& file) {
    try {
      return read_json_lines(make_source(file.string(), read_file(file)), diagnostics());
    } catch (const Error& error) {
      diagnostics().error(nullptr, {}, error.what());
      return {};
    }
  }

  // A list of rows, or {workloads: [...]}.
  std::vector<Value> read_authored_rows(const fs::path& file) {
    Value document = read_document(file, diagnostics());
    if (document.is_null()) return {};
    if (document.is_object()) {
      Fields fields(document, "the file of workloads", diagnostics());
      const Value* list = fields.require("workloads", Value::Type::Array);
      fields.warn_unknown_keys();
      return list == nullptr ? std::vector<Value>() : list->array();
    }
    if (!check_type(document, Value::Type::Array, "a file of workloads", diagnostics())) return {};
    return std::move(document.array());
  }

  void read_row(const Value& row, const std::string& name, const Definition* definition) {
    const std::vector<PathMember> members{{"definition", name}};
    const std::optional<Value> completed = complete(row, members);
    auto workload = read_workload(completed ? *completed : row, diagnostics());
    if (!workload || !agrees_with_path(row, members)) return;
    if (completed) workload->document = row;
    if (!is_new_uuid(*workload)) return;
    if (definition != nullptr) {
      const std::size_t errors_before = diagnostics().error_count();
      check_workload(*workload, *definition, diagnostics());
      if (diagnostics().error_count() > errors_before) return;
      complete_inputs(*workload, *definition);
      check_constraints(*definition, *workload, nullptr, diagnostics());
      if (diagnostics().error_count() > errors_before) return;
    }
    check_blobs(*workload);
    dataset_.workloads.push_back(*std::move(workload));
  }

  bool is_new_uuid(const Workload& workload) {
    const LineColumn at = workload.source->position(workload.range.begin);
    const auto [entry, is_new] =
        uuids_.emplace(workload.uuid, fmt::format("{}:{}", workload.source->name(), at.line));
    if (is_new) return true;
    diagnostics().error(workload.source, opening_of(workload),
                        fmt::format("the uuid {} is taken by {}", workload.uuid, entry->second));
    return false;
  }
  static SourceRange opening_of(const Workload& workload) {
    return {workload.range.begin, workload.range.begin + 1};
  }

  // One warning for each file that is missing, at the first row that names it.
  void check_blobs(const Workload& workload) {
    for (const InputSpec& input : workload.inputs) {
      if (input.kind != InputKind::Safetensors || !blobs_.insert(input.path).second) continue;
      try {
        if (!fs::exists(resolve_inside(dataset_.root, input.path))) {
          diagnostics().warning(workload.source, input.range,
                                fmt::format("the tensor file {} is missing", input.path));
        }
      } catch (const Error& error) {
        diagnostics().error(workload.source, input.range, error.what());
      }
    }
  }

  // solutions/<author>/<op_type>/<definition>/<solution>.json, or a folder with solution.yaml
  void read_solutions() {
    for (const fs::path& author : sorted_folders(dataset_.root / "solutions")) {
      for (const fs::path& op_type : sorted_folders(author)) {
        for (const fs::path& definition : sorted_folders(op_type)) {
          if (wanted(definition.filename().string())) read_solutions_in(definition);
        }
      }
    }
    std::sort(dataset_.solutions.begin(), dataset_.solutions.end(),
              [](const Solution& a, const Solution& b) {
                return std::tie(a.definition, a.name) < std::tie(b.definition, b.name);
              });
  }

  void read_solutions_in(const fs::path& folder) {
    for (const fs::path& entry : sorted_entries(folder)) {
      if (!fs::is_directory(entry)) {
        if (is_document(entry)) read_solution_file(entry, {});
        continue;
      }
      const auto documents = {"solution.yaml", "solution.yml", "solution.json"};
      const auto found = std::find_if(documents.begin(), documents.end(),
                                      [&](const char* name) { return fs::exists(entry / name); });
      if (found != documents.end()) {
        read_solution_file(entry / *found, entry.string());
      } else {
        diagnostics().error(nullptr, {},
                            fmt::format("{}: the folder has no solution.yaml", entry.string()));
      }
    }
  }

  // `folder` is empty for the form in one file, whose sources are inside.
  void read_solution_file(const fs::path& file, const std::string& folder) {
    const fs::path named = folder.empty() ? file.parent_path() / file.stem() : fs::path(folder);
    const Value document = read_document(file, diagnostics());
    if (document.is_null()) return;
    const fs::path definition_folder = named.parent_path();
    const std::vector<PathMember> members{
        {"name", named.filename().string()},
        {"definition", definition_folder.filename().string()},
        {"author", definition_folder.parent_path().parent_path().filename().string()}};
    const std::optional<Value> completed = complete(document, members);
    auto solution = read_solution(completed ? *completed : document, folder, diagnostics());
    if (!solution || !agrees_with_path(document, members)) return;
    if (completed) solution->document = document;
    if (!is_new_solution(*solution) || !has_definition(*solution)) return;
    dataset_.solutions.push_back(*std::move(solution));
  }

  bool is_new_solution(const Solution& solution) {
    const auto [entry, is_new] = solution_files_.emplace(solution.name, solution.source->name());
    if (is_new) return true;
    diagnostics().error(
        solution.source, opening(solution.document),
        fmt::format("the solution name \"{}\" is taken by {}", solution.name, entry->second));
    return false;
  }

  bool has_definition(const Solution& solution) {
    if (definition_files_.contains(solution.definition)) return true;
    const Value* value = solution.document.find("definition");
    diagnostics().error(solution.source, value ? value->range() : opening(solution.document),
                        fmt::format("there is no definition \"{}\"", solution.definition));
    return false;
  }

  const DatasetFilter& filter_;
  Dataset dataset_;
  std::map<std::string, std::string> definition_files_;  // by name, broken ones too
  std::map<std::string, std::string> uuids_;
  std::map<std::string, std::string> solution_files_;
  std::set<std::string> blobs_;
};

bool is_inside(const fs::path& folder, const fs::path& path) {
  const auto [stop, ignored] =
      std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return stop == folder.end();
}

}  // namespace

const Definition* Dataset::find_definition(const std::string& name) const {
  const auto found =
      std::lower_bound(definitions.begin(), definitions.end(), name,
                       [](const Definition& a, const std::string& b) { return a.name < b; });
  return found != definitions.end() && found->name == name ? &*found : nullptr;
}

Dataset read_dataset(const std::filesystem::path& root, const DatasetFilter& filter) {
  if (!fs::is_directory(root)) {
    fail(ErrorKind::Environment,
         fmt::format("the dataset {} does not exist or is no folder", root.string()));
  }
  return DatasetReader(root, filter).read();
}

std::filesystem::path resolve_inside(const std::filesystem::path& root, const std::string& path) {
  const fs::path relative = fs::path(path).lexically_normal();
  if (relative.is_absolute() || path.empty()) {
    fail(ErrorKind::Input,
         fmt::format("the path \"{}\" must be relative to {}", path, root.string()));
  }
  if (!relative.empty() && *relative.begin() == "..") {
    fail(ErrorKind::Input, fmt::format("the path \"{}\" leaves {}", path, root.string()));
  }
  fs::path joined = root / relative;
  std::error_code error;
  const fs::path real_root = fs::canonical(root, error);
  const fs::path real_path = error ? fs::path() : fs::weakly_canonical(joined, error);
  if (error) {
    fail(ErrorKind::Environment,
         fmt::format("cannot follow {}: {}", joined.string(), error.message()));
  }
  if (!is_inside(real_root, real_path)) {
    fail(ErrorKind::Input, fmt::format("the path \"{}\" leaves {} by a symbolic link, to {}", path,
                                       root.string(), real_path.string()));
  }
  return joined;
}

}  // namespace fitest
