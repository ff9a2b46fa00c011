// One folder is open at a time, and in it one file. libntfs-3g keeps no table of what is open, so a
// second copy of the same inode would undo what the first one did.
#include "media/ntfs_fill.h"

#include "media/ntfs_clusters.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <sys/stat.h>

namespace remedia::ntfs {

namespace {

// Up to here a file is handed to libntfs-3g, which puts the smallest ones into their MFT record.
constexpr std::uint64_t kSmallFile = kCluster;
constexpr s64 kClusterBytes = kCluster;

struct SearchCloser {
  void operator()(ntfs_attr_search_ctx* search) const { ntfs_attr_put_search_ctx(search); }
};
using Search = std::unique_ptr<ntfs_attr_search_ctx, SearchCloser>;

struct IndexCloser {
  void operator()(ntfs_index_context* index) const { ntfs_index_ctx_put(index); }
};
using Index = std::unique_ptr<ntfs_index_context, IndexCloser>;

// Of a resident attribute.
template <typename Value>
Value* value_of(ATTR_RECORD* attribute) {
  char* bytes = reinterpret_cast<char*>(attribute);
  return reinterpret_cast<Value*>(bytes + le16_to_cpu(attribute->value_offset));
}

class Filler {
 public:
  Filler(Work& work, const Plan& plan, ntfs_volume* volume)
      : work_(work), plan_(plan), volume_(volume), records_(plan.nodes.size()), clusters_(volume) {
    records_[0] = FILE_root;
  }

  std::vector<Payload> run() {
    know_mft();
    check_room();
    set_label();
    for (std::size_t i = 1; i < plan_.nodes.size(); ++i) add(i);
    close_folder();
    return std::move(payloads_);
  }

 private:
  // libntfs-3g writes the record of the MFT itself without having read what is copied here, and
  // would give it no date and no attributes.
  void know_mft() {
    ntfs_inode* mft = volume_->mft_ni;
    Search search(ntfs_attr_get_search_ctx(mft, nullptr));
    if (search == nullptr || ntfs_attr_lookup(AT_STANDARD_INFORMATION, AT_UNNAMED, 0,
                                              CASE_SENSITIVE, 0, nullptr, 0, search.get()) != 0) {
      broke("read the record of the MFT");
    }
    const auto* known = value_of<STANDARD_INFORMATION>(search->attr);
    mft->flags = known->file_attributes;
    mft->creation_time = known->creation_time;
    mft->last_data_change_time = known->last_data_change_time;
    mft->last_mft_change_time = known->last_mft_change_time;
    mft->last_access_time = known->last_access_time;
  }

  // Small files may lie in their records, so this refuses nothing that would fit: but for that, the
  // end of free clusters is noticed when it comes.
  void check_room() {
    if (ntfs_volume_get_free_space(volume_) != 0) work_.broke(errno, "count what is free");
    room_ = static_cast<std::uint64_t>(volume_->free_clusters) * kCluster;
    std::uint64_t needed = 0;
    for (const Node& node : plan_.nodes) {
      if (node.file != nullptr && node.file->size() > kSmallFile) {
        needed += (node.file->size() + kCluster - 1) / kCluster * kCluster;
      }
      if (needed > room_) full();
    }
  }

  [[noreturn]] void full() const {
    throw Failure(Diagnostic{
        .message =
            fmt::format("{} bytes in {} files and folders do not fit on an NTFS volume of {} "
                        "bytes: it has room for {}",
                        plan_.content, plan_.nodes.size() - 1, work_.volume.size, room_),
        .hint = "make the volume larger, or leave files out"});
  }

  [[noreturn]] void broke(const std::string& what) const {
    int error = errno;
    if (error != ENOSPC || work_.disk.error != 0) work_.broke(error, what);
    full();
  }

  void set_label() {
    if (plan_.label.empty()) return;
    auto* text = reinterpret_cast<const ntfschar*>(plan_.label.data());
    if (ntfs_volume_rename(volume_, text, static_cast<int>(plan_.label.size())) != 0) {
      broke("set the label");
    }
  }

  // libntfs-3g wants a folder open while something is made in it, and never twice.
  void open_folder(std::size_t index) {
    if (folder_ != nullptr && folder_index_ == index) return;
    close_folder();
    folder_index_ = index;
    folder_.reset(ntfs_inode_open(volume_, records_[index]));
    if (folder_ == nullptr) broke(fmt::format("open '{}'", plan_.nodes[index].path));
  }

  void close_folder() {
    if (folder_ != nullptr && ntfs_inode_close(folder_.release()) != 0) {
      broke(fmt::format("write the folder '{}'", plan_.nodes[folder_index_].path));
    }
  }

  void add(std::size_t index) {
    const Node& node = plan_.nodes[index];
    open_folder(node.parent);
    Inode inode(ntfs_create(
        folder_.get(), const_cpu_to_le32(0), reinterpret_cast<const ntfschar*>(node.name.data()),
        static_cast<u8>(node.name.size()), node.file == nullptr ? S_IFDIR : S_IFREG));
    if (inode == nullptr || !use_win32_name(inode.get()))
      broke(fmt::format("make '{}'", node.path));
    if (node.hidden) {
      inode->flags =
          static_cast<FILE_ATTR_FLAGS>(inode->flags | FILE_ATTR_HIDDEN | FILE_ATTR_SYSTEM);
      NInoFileNameSetDirty(inode.get());
      ntfs_inode_mark_dirty(inode.get());
    }
    if (node.file != nullptr) fill(node, inode.get());
    records_[index] = inode->mft_no;
    if (ntfs_inode_close_in_dir(inode.release(), folder_.get()) != 0) {
      broke(fmt::format("write '{}'", node.path));
    }
  }

  // libntfs-3g makes names in the POSIX namespace, where case counts. A name stands in the record
  // of its file and in the index of its folder.
  bool use_win32_name(ntfs_inode* inode) {
    Search search(ntfs_attr_get_search_ctx(inode, nullptr));
    if (search == nullptr || ntfs_attr_lookup(AT_FILE_NAME, AT_UNNAMED, 0, CASE_SENSITIVE, 0,
                                              nullptr, 0, search.get()) != 0) {
      return false;
    }
    ATTR_RECORD* attribute = search->attr;
    auto* name = value_of<FILE_NAME_ATTR>(attribute);
    name->file_name_type = FILE_NAME_WIN32;
    ntfs_inode_mark_dirty(search->ntfs_ino);

    Index index(ntfs_index_ctx_get(folder_.get(), NTFS_INDEX_I30, 4));
    int length = static_cast<int>(le32_to_cpu(attribute->value_length));
    if (index == nullptr || ntfs_index_lookup(name, length, index.get()) != 0) return false;
    static_cast<FILE_NAME_ATTR*>(index->data)->file_name_type = FILE_NAME_WIN32;
    ntfs_index_entry_mark_dirty(index.get());
    return true;
  }

  void fill(const Node& node, ntfs_inode* inode) {
    std::uint64_t size = node.file->size();
    if (size == 0) return;
    Attribute data(ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0));
    if (data == nullptr) broke(fmt::format("make '{}'", node.path));
    if (size <= kSmallFile) {
      write_small(node, data.get());
    } else {
      reserve(node, data.get());
    }
  }

  void write_small(const Node& node, ntfs_attr* data) {
    const auto* bytes = std::get_if<std::string>(&node.file->content);
    std::string copy;
    if (bytes == nullptr) copy = read_all(std::get<Slice>(node.file->content), kSmallFile);
    const std::string& content = bytes == nullptr ? copy : *bytes;
    s64 size = static_cast<s64>(content.size());
    if (ntfs_attr_pwrite(data, 0, size, content.data()) != size) {
      broke(fmt::format("write '{}'", node.path));
    }
  }

  // By hand, since libntfs-3g would choose the place itself, and say that clusters which are
  // reserved and not written read as zeros.
  void reserve(const Node& node, ntfs_attr* data) {
    const s64 size = static_cast<s64>(node.file->size());
    const s64 count = (size + kClusterBytes - 1) / kClusterBytes;
    const s64 step = node.file->size() >= kLarge ? static_cast<s64>(kLarge / kCluster) : 1;
    std::vector<Clusters> pieces;
    if (ntfs_attr_force_non_resident(data) == 0) pieces = clusters_.take(count, step);
    if (pieces.empty() || !set_runs(data, pieces) || !declare(data, size, count * kClusterBytes)) {
      broke(fmt::format("reserve {} bytes for '{}'", size, node.path));
    }
    payloads_.push_back({node.file, runs_of(pieces, node.file->size())});
  }

  // libntfs-3g frees the list.
  static bool set_runs(ntfs_attr* data, const std::vector<Clusters>& pieces) {
    void* memory = std::calloc(pieces.size() + 1, sizeof(runlist_element));
    if (memory == nullptr) return false;
    std::free(std::exchange(data->rl, static_cast<runlist_element*>(memory)));
    VCN next = 0;
    runlist_element* run = data->rl;
    for (const Clusters& piece : pieces) {
      *run++ = {.vcn = next, .lcn = piece.first, .length = piece.count};
      next += piece.count;
    }
    *run = {.vcn = next, .lcn = LCN_ENOENT, .length = 0};
    return true;
  }

  static bool declare(ntfs_attr* data, s64 size, s64 allocated) {
    data->allocated_size = allocated;
    data->data_size = data->initialized_size = size;
    NAttrSetFullyMapped(data);
    if (ntfs_attr_update_mapping_pairs(data, 0) != 0) return false;
    Search search(ntfs_attr_get_search_ctx(data->ni, nullptr));
    if (search == nullptr || ntfs_attr_lookup(AT_DATA, AT_UNNAMED, 0, CASE_SENSITIVE, 0, nullptr, 0,
                                              search.get()) != 0) {
      return false;
    }
    search->attr->allocated_size = static_cast<sle64>(cpu_to_sle64(allocated));
    search->attr->data_size = static_cast<sle64>(cpu_to_sle64(size));
    search->attr->initialized_size = static_cast<sle64>(cpu_to_sle64(size));
    data->ni->data_size = size;
    data->ni->allocated_size = allocated;
    NInoFileNameSetDirty(data->ni);
    ntfs_inode_mark_dirty(search->ntfs_ino);
    return true;
  }

  static std::vector<Run> runs_of(const std::vector<Clusters>& pieces, std::uint64_t size) {
    std::vector<Run> runs;
    std::uint64_t begin = 0;
    for (const Clusters& piece : pieces) {
      std::uint64_t length = static_cast<std::uint64_t>(piece.count) * kCluster;
      length = std::min(length, size - begin);
      runs.push_back({begin, static_cast<std::uint64_t>(piece.first) * kCluster, length});
      begin += length;
    }
    return runs;
  }

  Work& work_;
  const Plan& plan_;
  ntfs_volume* volume_;
  std::vector<u64> records_;  // of the nodes
  Inode folder_;
  std::size_t folder_index_ = 0;
  ClusterMap clusters_;
  std::uint64_t room_ = 0;
  std::vector<Payload> payloads_;
};

}  // namespace

void Work::broke(int error, std::string_view what) const {
  if (disk.error != 0) fail_errno(disk.error, "write", out);
  std::string said = host.said();
  while (!said.empty() && said.back() == '\n') said.pop_back();
  fail("cannot {} on an NTFS volume of {} bytes in '{}': {}{}{}", what, volume.size, out.string(),
       std::strerror(error), said.empty() ? "" : "\n  libntfs-3g: ", said);
}

std::vector<Payload> fill(Work& work, const Plan& plan) {
  Mounted mounted(work.disk);
  if (mounted.get() == nullptr) work.broke(errno, "open what mkntfs made");
  std::vector<Payload> payloads = Filler(work, plan, mounted.get()).run();
  if (!mounted.unmount()) work.broke(errno, "write the last of the folders");
  return payloads;
}

}  // namespace remedia::ntfs
