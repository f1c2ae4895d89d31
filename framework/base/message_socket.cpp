// SPDX-License-Identifier: Apache-2.0
#include "base/message_socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <span>
#include <system_error>

#include "base/error.h"

namespace fitest {
namespace {

constexpr std::size_t kMostDescriptors = 4;
constexpr std::uint64_t kMostText = std::uint64_t{64} << 20;
constexpr std::size_t kControlBytes = CMSG_SPACE(kMostDescriptors * sizeof(int));
using Header = std::array<unsigned char, 8>;

Header encode_size(std::uint64_t size) {
  Header header{};
  for (std::size_t i = 0; i < header.size(); ++i) {
    header[i] = static_cast<unsigned char>(size >> (8 * i));
  }
  return header;
}

std::uint64_t decode_size(const Header& header) {
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < header.size(); ++i) size |= std::uint64_t{header[i]} << (8 * i);
  return size;
}

// Whole when the socket is ready for `events`, or its other end is gone.
MessageEnd await(int socket, short events, SocketDeadline deadline) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                          deadline - std::chrono::steady_clock::now())
                          .count();
    if (left <= 0) return MessageEnd::TimedOut;
    pollfd waiting{socket, events, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::min<long long>(left, 1000)));
    if (ready > 0) return MessageEnd::Whole;
    if (ready < 0 && errno != EINTR) return MessageEnd::Closed;
  }
}

bool may_go_on() {
  return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
}

void attach(msghdr& message, std::array<char, kControlBytes>& control,
            const std::vector<int>& descriptors) {
  if (descriptors.empty()) return;
  const std::size_t bytes = descriptors.size() * sizeof(int);
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(bytes);
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(bytes);
  std::memcpy(CMSG_DATA(rights), descriptors.data(), bytes);
}

void detach(msghdr& message, std::vector<Descriptor>& descriptors) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      descriptors.emplace_back(fd);
    }
  }
}

MessageEnd send_all(int socket, std::string_view data, const std::vector<int>& descriptors,
                    SocketDeadline deadline) {
  std::size_t sent = 0;
  while (sent < data.size()) {
    if (const MessageEnd end = await(socket, POLLOUT, deadline); end != MessageEnd::Whole) {
      return end;
    }
    iovec part{const_cast<char*>(data.data()) + sent, data.size() - sent};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, kControlBytes> control{};
    if (sent == 0) attach(message, control, descriptors);
    const ssize_t count = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && !may_go_on()) return MessageEnd::Closed;
    if (count > 0) sent += static_cast<std::size_t>(count);
  }
  return MessageEnd::Whole;
}

MessageEnd receive_all(int socket, std::span<char> data, std::vector<Descriptor>& descriptors,
                       SocketDeadline deadline) {
  std::size_t received = 0;
  while (received < data.size()) {
    if (const MessageEnd end = await(socket, POLLIN, deadline); end != MessageEnd::Whole) {
      return end;
    }
    iovec part{data.data() + received, data.size() - received};
    alignas(cmsghdr) std::array<char, kControlBytes> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t count = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (count == 0 || (count < 0 && !may_go_on())) return MessageEnd::Closed;
    if (count < 0) continue;
    detach(message, descriptors);
    received += static_cast<std::size_t>(count);
  }
  return MessageEnd::Whole;
}

}  // namespace

SocketPair make_socket_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    fail(ErrorKind::Environment,
         "cannot create a pair of sockets: " + std::generic_category().message(errno));
  }
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

MessageEnd send_message(int socket, std::string_view text, const std::vector<int>& descriptors,
                        SocketDeadline deadline) {
  const Header header = encode_size(text.size());
  const MessageEnd end = send_all(
      socket, {reinterpret_cast<const char*>(header.data()), header.size()}, descriptors, deadline);
  return end == MessageEnd::Whole ? send_all(socket, text, {}, deadline) : end;
}

ReceivedMessage receive_message(int socket, SocketDeadline deadline) {
  ReceivedMessage message;
  Header header{};
  message.end = receive_all(socket, {reinterpret_cast<char*>(header.data()), header.size()},
                            message.descriptors, deadline);
  if (message.end != MessageEnd::Whole) return message;
  const std::uint64_t size = decode_size(header);
  if (size > kMostText) {
    message.end = MessageEnd::Closed;
    return message;
  }
  message.text.resize(size);
  message.end = receive_all(socket, message.text, message.descriptors, deadline);
  return message;
}

}  // namespace fitest
