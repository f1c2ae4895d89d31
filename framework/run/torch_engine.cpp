// SPDX-License-Identifier: Apache-2.0
#include "run/torch_engine.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <thread>

#include "base/error.h"
#include "base/message_socket.h"
#include "base/shared_memory.h"
#include "base/text.h"
#include "document/document.h"

namespace fitest {
namespace {

constexpr double kStartSeconds = 120;  // to import PyTorch
constexpr std::chrono::milliseconds kStackPatience{2000};
constexpr std::chrono::milliseconds kBetweenLooks{10};
constexpr std::size_t kAlignment = 64;
constexpr std::size_t kMostLog = 4096;  // shown of what python wrote
constexpr std::size_t kMostFrames = 12;

using Arguments = std::vector<NamedTensor>;

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

SocketDeadline after(double seconds) {
  return std::chrono::steady_clock::now() +
         std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

SourcePtr source_of(const Definition& definition) {
  if (definition.reference_source) return definition.reference_source;
  return make_source(definition.name + ": reference", definition.reference);
}

// Offset of the first byte of a 1-based line.
std::size_t offset_of_line(std::string_view text, std::int64_t line) {
  std::size_t offset = 0;
  for (; line > 1; --line) {
    const std::size_t end = text.find('\n', offset);
    if (end == std::string_view::npos) return offset;
    offset = end + 1;
  }
  const std::size_t word = text.find_first_not_of(" \t", offset);
  return word == std::string_view::npos ? offset : word;
}

SourceRange range_of_line(std::string_view text, std::int64_t line) {
  const std::size_t begin = offset_of_line(text, line);
  const std::size_t end = std::min(text.find('\n', begin), text.size());
  return {begin, std::max(end, begin + 1)};
}

Value scalar_value(const NamedTensor& input) {
  const DTypeKind kind = kind_of(input.tensor.dtype());
  if (kind == DTypeKind::Float) return input.scalar_value;
  if (kind == DTypeKind::Bool) return input.scalar_value != 0;
  return static_cast<std::int64_t>(input.scalar_value);
}

// Arguments laid out one after the other in shared memory.
class PackedArguments {
 public:
  explicit PackedArguments(const std::vector<const Arguments*>& sets)
      : memory_(SharedMemory::of_size(size_of(sets))) {
    std::size_t offset = 0;
    for (const Arguments* set : sets) {
      Value::Array entries;
      for (const NamedTensor& input : *set) entries.push_back(place(input, offset));
      sets_.emplace_back(std::move(entries));
    }
  }
  int descriptor() const { return memory_.descriptor(); }
  const Value::Array& sets() const { return sets_; }

 private:
  static std::size_t size_of(const std::vector<const Arguments*>& sets) {
    std::size_t total = kAlignment;  // never empty: nothing can be mapped of an empty one
    for (const Arguments* set : sets) {
      for (const NamedTensor& input : *set) {
        if (!input.is_scalar) total += aligned(input.tensor.size_bytes());
      }
    }
    return total;
  }
  Value place(const NamedTensor& input, std::size_t& offset) {
    if (input.is_scalar) return Value::Object{{"value", scalar_value(input)}};
    const std::size_t size = input.tensor.size_bytes();
    if (size > 0) std::memcpy(memory_.bytes().data() + offset, input.tensor.data(), size);
    Value::Array shape;
    for (const std::int64_t extent : input.tensor.shape()) shape.emplace_back(extent);
    Value entry = Value::Object{{"dtype", Value(name_of(input.tensor.dtype()))},
                                {"shape", Value(std::move(shape))},
                                {"offset", Value(static_cast<std::int64_t>(offset))},
                                {"bytes", Value(static_cast<std::int64_t>(size))}};
    offset += aligned(size);
    return entry;
  }

  SharedMemory memory_;
  Value::Array sets_;
};

Value request_for(const char* operation, const Definition& definition) {
  Value::Array names;
  for (const TensorSpec& input : definition.inputs) names.emplace_back(input.name);
  return Value::Object{{"op", Value(operation)},
                       {"file", Value(source_of(definition)->name())},
                       {"reference", Value(definition.reference)},
                       {"names", Value(std::move(names))}};
}

Tensor read_output(const Value& entry, std::span<const std::byte> memory, std::size_t number) {
  const std::string& name = entry.find("dtype")->string();
  const auto dtype = dtype_from_name(name);
  if (!dtype) {
    fail(ErrorKind::Input, fmt::format("output {} of the reference has dtype {}, which no "
                                       "Definition can declare",
                                       number, name));
  }
  Shape shape;
  for (const Value& extent : entry.find("shape")->array()) shape.push_back(extent.integer());
  Tensor tensor(*dtype, shape);
  const auto offset = static_cast<std::size_t>(entry.find("offset")->integer());
  if (offset > memory.size() || tensor.size_bytes() > memory.size() - offset) {
    fail(ErrorKind::Environment, "the torch engine returned less than it announced");
  }
  if (tensor.size_bytes() > 0) {
    std::memcpy(tensor.data(), memory.data() + offset, tensor.size_bytes());
  }
  return tensor;
}

std::string text_at(const Value& message, std::string_view name) {
  const Value* member = message.find(name);
  return member != nullptr && member->is_string() ? member->string() : "";
}

ErrorKind kind_of_reply(const Value& reply) {
  const std::string kind = text_at(reply, "kind");
  if (kind == "unsupported") return ErrorKind::Unsupported;
  return kind == "environment" ? ErrorKind::Environment : ErrorKind::Input;
}

// The innermost line of the reference in what faulthandler wrote; 0 if there is none.
std::int64_t line_in_stack(const std::string& stack, const std::string& file) {
  const std::string mark = fmt::format("File \"{}\", line ", file);
  const std::size_t at = stack.find(mark);
  std::int64_t line = 0;
  if (at == std::string::npos) return line;
  const char* end = stack.data() + stack.size();
  const auto number = std::from_chars(stack.data() + at + mark.size(), end, line);
  return number.ptr == end ? 0 : line;  // more of it may come
}

// Without the engine's own lines and what faulthandler says of the rest of Python.
std::string about_the_reference(const std::string& log) {
  std::string text;
  for (const std::string& line : split(log, '\n')) {
    const bool foreign = line.starts_with("  File \"<string>\"") ||
                         line.starts_with("Extension modules:") || trim(line).empty();
    if (!foreign) text += (text.empty() ? "" : "\n") + line;
  }
  return text;
}

std::string without_end_of_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

TorchEngine::TorchEngine(TorchSource& source, const TorchPlace& place, double time_limit_seconds)
    : source_(source), time_limit_seconds_(kStartSeconds) {
  connection_ = source_.take(place.gpu_uuid);
  in_hand_ = true;
  try {
    const Value hello =
        ask(Value::Object{{"op", Value("hello")}, {"gpu", Value(!place.gpu_uuid.empty())}}, {});
    version_ = text_at(hello, "torch");
    gpu_ = text_at(hello, "gpu");
  } catch (const Error&) {
    if (in_hand_) source_.discard();
    throw;
  }
  time_limit_seconds_ = time_limit_seconds;
}

TorchEngine::~TorchEngine() {
  if (!in_hand_) return;
  try {
    source_.give_back();
  } catch (const Error&) {
    // The owner is gone, and python with it.
  }
}

TorchRun TorchEngine::run(const Definition& definition, const Arguments& inputs) {
  definition_ = &definition;
  const PackedArguments packed({&inputs});
  SharedMemory outputs = SharedMemory::to_be_filled();
  Value request = request_for("run", definition);
  request.set("device", Value(gpu_.empty() ? "cpu" : "cuda"));
  request.set("arguments", packed.sets().front());
  const Value reply = ask(request, {packed.descriptor(), outputs.descriptor()});
  const auto filled = outputs.map_filled();
  TorchRun run;
  run.milliseconds = reply.find("milliseconds")->number();
  for (const Value& entry : reply.find("outputs")->array()) {
    run.outputs.push_back(read_output(entry, filled, run.outputs.size()));
  }
  return run;
}

void TorchEngine::prepare(const Definition& definition, const std::vector<const Arguments*>& sets) {
  definition_ = &definition;
  const PackedArguments packed(sets);
  Value request = request_for("prepare", definition);
  request.set("sets", packed.sets());
  ask(request, {packed.descriptor()});
}

double TorchEngine::time(std::size_t set) {
  const Value request =
      Value::Object{{"op", Value("time")}, {"set", Value(static_cast<std::int64_t>(set))}};
  return ask(request, {}).find("milliseconds")->number();
}

void TorchEngine::release() {
  ask(Value::Object{{"op", Value("release")}}, {});
}

Value TorchEngine::ask(const Value& request, const std::vector<int>& descriptors) {
  struct stat log {};
  ::fstat(connection_.log, &log);
  log_begin_ = static_cast<std::size_t>(log.st_size);
  const SocketDeadline deadline = after(time_limit_seconds_);
  const std::string text = write_json(request, JsonStyle::Compact);
  MessageEnd end = send_message(connection_.socket, text, descriptors, deadline);
  ReceivedMessage message;
  if (end == MessageEnd::Whole) {
    message = receive_message(connection_.socket, deadline);
    end = message.end;
  }
  if (end == MessageEnd::TimedOut) fail_late();
  if (end == MessageEnd::Closed) fail_broken("the torch engine");
  Diagnostics diagnostics;
  Value reply = read_json(make_source("answer of the torch engine", message.text), diagnostics);
  if (!diagnostics.ok()) fail_broken("the torch engine, which gave no answer that can be read,");
  if (const Value* lost = reply.find("lost"); lost != nullptr && lost->boolean()) {
    in_hand_ = false;
    source_.discard();
  }
  if (reply.find("error") != nullptr) fail_with(reply);
  return reply;
}

std::string TorchEngine::log_text() const {
  struct stat log {};
  ::fstat(connection_.log, &log);
  const auto size = static_cast<std::size_t>(log.st_size);
  const std::size_t begin = std::max(log_begin_, size > kMostLog ? size - kMostLog : 0);
  std::string text(size > begin ? size - begin : 0, '\0');
  const ssize_t count =
      ::pread(connection_.log, text.data(), text.size(), static_cast<off_t>(begin));
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return about_the_reference(text);
}

void TorchEngine::fail_broken(const std::string& what) {
  const std::string log = log_text();
  in_hand_ = false;
  const std::string ended = source_.discard();
  const std::string message = fmt::format("{} {}{}{}", what, ended, log.empty() ? "" : ":\n", log);
  if (definition_ != nullptr) {
    const SourcePtr source = source_of(*definition_);
    if (const std::int64_t line = line_in_stack(log, source->name()); line > 0) {
      fail(ErrorKind::Environment,
           without_end_of_line(render({Severity::Error, source, range_of_line(source->text(), line),
                                       fmt::format("{} {} in this line", what, ended)})) +
               "\n" + log);
    }
  }
  fail(ErrorKind::Environment, message);
}

// Asks python, which writes its stack even while it computes.
std::int64_t TorchEngine::line_at_work() const {
  const std::string file = source_of(*definition_)->name();
  ::kill(connection_.pid, SIGUSR1);
  const auto end = std::chrono::steady_clock::now() + kStackPatience;
  std::int64_t line = 0;
  while (line == 0 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(kBetweenLooks);
    line = line_in_stack(log_text(), file);
  }
  return line;
}

void TorchEngine::fail_late() {
  const std::string what =
      fmt::format("the torch engine did not finish within {} s", time_limit_seconds_);
  const std::int64_t line = definition_ == nullptr ? 0 : line_at_work();
  in_hand_ = false;
  source_.discard();
  if (line > 0) {
    const SourcePtr source = source_of(*definition_);
    fail(ErrorKind::Environment,
         without_end_of_line(render({Severity::Error, source, range_of_line(source->text(), line),
                                     what + "; it was at this line"})));
  }
  fail(ErrorKind::Environment, what);
}

void TorchEngine::fail_with(const Value& reply) {
  const std::string what = text_at(reply, "error");
  const Value* frames = reply.find("frames");
  if (definition_ == nullptr) {
    fail(kind_of_reply(reply), fmt::format("the torch engine cannot start: {}", what));
  }
  const SourcePtr source = source_of(*definition_);
  if (frames == nullptr || frames->array().empty()) {
    fail(kind_of_reply(reply), fmt::format("{}: {}", source->name(), what));
  }
  const Value::Array& calls = frames->array();
  std::string text =
      render({Severity::Error, source,
              range_of_line(source->text(), calls.back().find("line")->integer()), what});
  for (std::size_t i = calls.size(); i-- > 1 && calls.size() - i <= kMostFrames;) {
    text += fmt::format("  in {}, called from {}:{}\n", calls[i].find("function")->string(),
                        source->name(), calls[i - 1].find("line")->integer());
  }
  fail(kind_of_reply(reply), without_end_of_line(std::move(text)));
}

}  // namespace fitest
