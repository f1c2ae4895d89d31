// SPDX-License-Identifier: Apache-2.0
#include "run/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/sha256.h"
#include "base/subprocess.h"
#include "base/text.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;

constexpr double kGitSeconds = 30;

using Names = std::set<std::string>;

// NUL ends each name, so that no name needs quoting.
void git_names(const fs::path& root, const std::vector<std::string>& arguments,
               std::vector<fs::path>& names) {
  std::vector<std::string> command = {"git", "-C", root.string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const SubprocessResult result = run_subprocess(command, kGitSeconds);
  if (result.exit_code == 127) {
    fail(ErrorKind::Environment, "git is not installed; changed files cannot be found");
  }
  if (result.exit_code != 0) {
    fail(ErrorKind::Usage,
         fmt::format("{}: git {} says: {}", root.string(), arguments.front(), trim(result.output)));
  }
  for (const std::string& name : split(result.output, '\0')) {
    if (!name.empty()) names.emplace_back(name);
  }
}

std::string relative_name(const SourcePtr& source, const fs::path& root) {
  if (!source) return {};
  return fs::path(source->name()).lexically_normal().lexically_proximate(root).string();
}

bool folder_holds(const std::string& folder, const Names& files) {
  const auto found = files.lower_bound(folder);
  return found != files.end() && found->starts_with(folder);
}

// A YAML solution has its folder for itself; a JSON one is a file among others.
bool solution_touched(const std::string& document, const Names& files) {
  if (files.contains(document)) return true;
  const fs::path path(document);
  const bool owns_folder = path.stem() == "solution" && path.has_parent_path();
  return owns_folder && folder_holds(path.parent_path().string() + "/", files);
}

bool inputs_touched(const Workload& workload, const Names& files) {
  return std::any_of(workload.inputs.begin(), workload.inputs.end(), [&](const InputSpec& input) {
    return !input.path.empty() && files.contains(fs::path(input.path).lexically_normal().string());
  });
}

}  // namespace

Shard parse_shard(const std::string& text) {
  const std::vector<std::string> parts = split(text, '/');
  const auto number = [&](std::size_t part) {
    return part < parts.size() ? parse_integer(parts[part]).value_or(0) : 0;
  };
  const bool valid =
      parts.size() == 2 && number(0) >= 1 && number(1) >= 1 && number(0) <= number(1);
  if (!valid) {
    fail(ErrorKind::Usage,
         fmt::format("shard '{}': expected i/n with 1 <= i <= n, such as 2/5", text));
  }
  return {static_cast<std::uint64_t>(number(0)), static_cast<std::uint64_t>(number(1))};
}

bool in_shard(const std::string& name, const Shard& shard) {
  const std::uint64_t hash = std::stoull(sha256_hex(name).substr(0, 15), nullptr, 16);
  return hash % shard.count == shard.index - 1;
}

std::vector<fs::path> changed_files(const fs::path& root, const std::string& revision) {
  std::vector<fs::path> names;
  // The commit is named first: a revision that begins like an option stays a revision.
  try {
    git_names(root, {"rev-parse", "--verify", "--end-of-options", revision + "^{commit}"}, names);
  } catch (const Error& error) {
    fail(error.kind(), fmt::format("changed since '{}': {}", revision, error.what()));
  }
  names.clear();
  git_names(root, {"diff", "--name-only", "--relative", "-z", revision, "--", "."}, names);
  git_names(root, {"ls-files", "--others", "--exclude-standard", "-z", "--", "."}, names);
  return names;
}

std::vector<Case> touched_cases(const std::vector<Case>& cases, const fs::path& root,
                                const std::vector<fs::path>& files) {
  Names names;
  for (const fs::path& file : files) names.insert(file.lexically_normal().string());
  const fs::path base = root.lexically_normal();
  std::vector<Case> touched;
  for (const Case& planned : cases) {
    if (names.contains(relative_name(planned.definition->source, base)) ||
        names.contains(relative_name(planned.workload->source, base)) ||
        solution_touched(relative_name(planned.solution->source, base), names) ||
        inputs_touched(*planned.workload, names)) {
      touched.push_back(planned);
    }
  }
  return touched;
}

}  // namespace fitest
