// SPDX-License-Identifier: Apache-2.0
#include "run/torch_engine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "base/subprocess.h"
#include "base/text.h"
#include "document/document.h"
#include "run/torch_reference_script.h"

namespace fitest {
namespace {

constexpr double kProbeSeconds = 30;

// A folder in memory where there is one, removed at the end.
class ExchangeFolder {
 public:
  ExchangeFolder() {
    std::error_code ignored;
    const bool shared_memory = std::filesystem::is_directory("/dev/shm", ignored);
    const std::filesystem::path base =
        shared_memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path();
    std::string name = (base / "fitest-torch-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      fail(ErrorKind::Environment, "cannot create a folder in " + base.string());
    }
    path_ = name;
  }
  ExchangeFolder(const ExchangeFolder&) = delete;
  ExchangeFolder& operator=(const ExchangeFolder&) = delete;
  ~ExchangeFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

Value describe_argument(const NamedTensor& input, const std::string& file) {
  if (input.is_scalar) {
    if (kind_of(input.tensor.dtype()) == DTypeKind::Float) return input.scalar_value;
    if (input.tensor.dtype() == DType::Bool) return element_as_integer(input.tensor, 0) != 0;
    return element_as_integer(input.tensor, 0);
  }
  Value::Array shape;
  for (const std::int64_t extent : input.tensor.shape()) shape.emplace_back(extent);
  return Value::Object{{"dtype", Value(name_of(input.tensor.dtype()))},
                       {"shape", Value(std::move(shape))},
                       {"file", Value(file)}};
}

void write_inputs(const std::filesystem::path& folder, const std::vector<NamedTensor>& inputs) {
  Value::Array entries;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string file = fmt::format("input{}.bin", i);
    entries.push_back(describe_argument(inputs[i], file));
    if (!inputs[i].is_scalar) write_file_atomically(folder / file, inputs[i].tensor.bytes());
  }
  write_file_atomically(folder / "inputs.json", write_json(Value(std::move(entries))));
}

Tensor read_output(const std::filesystem::path& folder, const Value& entry) {
  const auto dtype = dtype_from_name(entry.find("dtype")->string());
  if (!dtype) {
    fail(ErrorKind::Input, fmt::format("the reference returned a tensor of dtype {}, which no "
                                       "Definition can declare",
                                       entry.find("dtype")->string()));
  }
  Shape shape;
  for (const Value& extent : entry.find("shape")->array()) shape.push_back(extent.integer());
  Tensor tensor(*dtype, shape);
  const std::string bytes = read_file(folder / entry.find("file")->string());
  if (bytes.size() != tensor.size_bytes()) {
    fail(ErrorKind::Internal, "the torch engine wrote an output of the wrong size");
  }
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(tensor.data()));
  return tensor;
}

TorchStatus probe() {
  const char* chosen = std::getenv("FITEST_PYTHON");
  TorchStatus status;
  status.python = chosen != nullptr && *chosen != '\0' ? chosen : "python3";
  const SubprocessResult result = run_subprocess({status.python, "-c",
                                                  "import importlib.metadata as m, sys\n"
                                                  "try: print(m.version('torch'))\n"
                                                  "except m.PackageNotFoundError: sys.exit(3)"},
                                                 kProbeSeconds);
  status.available = result.exit_code == 0;
  if (status.available) {
    status.version = std::string(trim(result.output));
  } else if (result.exit_code == 3) {
    status.problem = status.python + " has no PyTorch";
  } else {
    status.problem = std::string(trim(result.output));
  }
  return status;
}

}  // namespace

const TorchStatus& torch_status() {
  static const TorchStatus status = probe();
  return status;
}

TorchRun run_torch_reference(const Definition& definition, const std::vector<NamedTensor>& inputs,
                             double time_limit_seconds) {
  if (!torch_status().available) {
    fail(ErrorKind::Environment,
         fmt::format("the torch engine needs PyTorch: {}; install it or set FITEST_PYTHON to a "
                     "python that has it",
                     torch_status().problem));
  }
  const ExchangeFolder folder;
  write_inputs(folder.path(), inputs);
  write_file_atomically(folder.path() / "reference.py", definition.reference);
  write_file_atomically(folder.path() / "run.py", std::string_view(kTorchReferenceScript));
  const SubprocessResult result = run_subprocess(
      {torch_status().python, (folder.path() / "run.py").string(), folder.path().string()},
      time_limit_seconds);
  if (result.timed_out) {
    fail(ErrorKind::Environment, fmt::format("the torch engine did not finish the reference of {} "
                                             "within {} s",
                                             definition.name, time_limit_seconds));
  }
  if (result.exit_code != 0) {
    fail(ErrorKind::Input,
         fmt::format("the reference of {} failed in PyTorch {}:\n{}", definition.name,
                     torch_status().version, trim(result.output)));
  }
  Diagnostics diagnostics;
  const Value answer = read_document(folder.path() / "outputs.json", diagnostics);
  diagnostics.throw_if_errors();
  TorchRun run;
  run.milliseconds = answer.find("milliseconds")->number();
  for (const Value& entry : answer.find("outputs")->array()) {
    run.outputs.push_back(read_output(folder.path(), entry));
  }
  return run;
}

}  // namespace fitest
