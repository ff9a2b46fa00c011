/* A driver that Windows can load and that declines to work: all that a package needs to be complete.
   It calls nothing, so neither the Windows Driver Kit nor an import library is needed. */

typedef int NTSTATUS; /* negative: an error */
struct driver_object; /* of the kernel; not looked into here */
struct unicode_string;

#define STATUS_NOT_SUPPORTED ((NTSTATUS)0xC00000BB)

/* Called by the kernel once the driver is loaded; after an error it is unloaded. */
NTSTATUS DriverEntry(struct driver_object* driver, const struct unicode_string* registry_path) {
  (void)driver;
  (void)registry_path;
  return STATUS_NOT_SUPPORTED;
}
