// SPDX-License-Identifier: Apache-2.0
#include "pytorch/interpreter.h"

#include <fmt/format.h>

#include <new>

#include "base/error.h"

namespace fitest::pytorch {
namespace {

// An error that knows its place already.
class LocatedError : public Error {
 public:
  using Error::Error;
};

}  // namespace

Interpreter::Interpreter(std::shared_ptr<const Module> module, const Limits& limits,
                         std::string* output)
    : module_(std::move(module)),
      limits_(limits),
      output_(output),
      budget_(limits),
      globals_(make_environment(nullptr)),
      scope_(globals_) {}

Interpreter::~Interpreter() {
  for (const auto& held : environments_) {
    if (const EnvironmentPtr environment = held.lock()) {
      const auto names = std::move(environment->names);
      environment->names.clear();
    }
  }
}

EnvironmentPtr Interpreter::make_environment(EnvironmentPtr outer) {
  auto environment = std::make_shared<Environment>();
  environment->outer = std::move(outer);
  return environment;
}

Value Interpreter::run(Arguments arguments) {
  const auto guarded = [&]() -> Value {
    frames_.push_back({"<module>", {}});
    execute(module_->body);
    const Value* function = lookup("run");
    if (function == nullptr) fail(ErrorKind::Input, "the reference defines no function 'run'");
    const Value callee = *function;
    current_ = {};
    return call(callee, arguments);
  };
  try {
    return guarded();
  } catch (const LocatedError&) {
    throw;
  } catch (const Error& error) {
    rethrow_located(error, error.kind());
  } catch (const std::bad_alloc& error) {
    rethrow_located(error, ErrorKind::Environment);
  } catch (const std::length_error& error) {
    rethrow_located(error, ErrorKind::Input);
  }
}

// frames_ still holds the calls that led here: nothing pops it on the way of an error.
void Interpreter::rethrow_located(const std::exception& error, ErrorKind kind) {
  std::string text = render({Severity::Error, module_->source, current_, error.what()});
  constexpr std::size_t kMostFrames = 12;
  std::size_t shown = 0;
  for (std::size_t i = frames_.size(); i-- > 1 && shown < kMostFrames; ++shown) {
    if (frames_[i].call_site.end == 0) continue;
    const LineColumn at = module_->source->position(frames_[i].call_site.begin);
    text += fmt::format("  in {}, called from {}:{}:{}\n", frames_[i].function,
                        module_->source->name(), at.line, at.column);
  }
  text.pop_back();
  throw LocatedError(kind, text);
}

void Interpreter::print(const std::string& text) {
  constexpr std::size_t kMostOutput = std::size_t{1} << 20;
  if (output_ != nullptr && output_->size() < kMostOutput) *output_ += text;
}

Value* Interpreter::lookup(const std::string& name) {
  for (Environment* scope = scope_.get(); scope != nullptr; scope = scope->outer.get()) {
    if (!scope->redirected.empty()) {
      const auto other = scope->redirected.find(name);
      if (other != scope->redirected.end()) {
        const auto found = other->second->names.find(name);
        return found == other->second->names.end() ? nullptr : &found->second;
      }
    }
    const auto found = scope->names.find(name);
    if (found != scope->names.end()) return &found->second;
  }
  return nullptr;
}

std::vector<std::string> Interpreter::visible_names() const {
  std::vector<std::string> names = builtin_names();
  for (const Environment* scope = scope_.get(); scope != nullptr; scope = scope->outer.get()) {
    for (const auto& [name, value] : scope->names) names.push_back(name);
  }
  return names;
}

}  // namespace fitest::pytorch
