// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.setup;

import com.sun.jna.LastErrorException;
import io.vpnmesh.transport.tun.TunDevice;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Makes the device node and the persistent TUN; needs CAP_MKNOD and CAP_NET_ADMIN. Both may exist already. */
public final class TunSetup {

    private static final long TUN_DEVICE = 10L << 8 | 200;
    private static final int NODE_MODE = 0660;

    private static final long TUNSETIFF = 0x400454CAL;
    private static final long TUNSETPERSIST = 0x400454CBL;
    private static final long TUNSETOWNER = 0x400454CCL;
    private static final int IFREQ_BYTES = 40;
    private static final int IFNAMSIZ = 16;

    private TunSetup() {}

    /**
     * Makes the character device 10:200 at this path, owned by the sidecar's user.
     * Errors: SetupException names the capability or the volume option that is missing.
     */
    public static void makeDeviceNode(Path path, int ownerUid) throws SetupException {
        try {
            if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                KernelCalls.mknod(path.toString(), KernelCalls.S_IFCHR | NODE_MODE, TUN_DEVICE);
            }
        } catch (LastErrorException e) {
            if (e.getErrorCode() == KernelCalls.EPERM) {
                throw new SetupException("making the device node " + path
                        + ": EPERM; the setup container needs the capability MKNOD (CRI-O drops it by default: add MKNOD"
                        + " to its default_capabilities), and the pod must not use hostUsers: false");
            }
            if (e.getErrorCode() != KernelCalls.EEXIST) {
                throw new SetupException("making the device node " + path, e);
            }
        }
        own(path, ownerUid);
    }

    /** Only the owner may open the node; without CAP_CHOWN the mode has to let everybody in the pod's two containers do. */
    private static void own(Path path, int ownerUid) throws SetupException {
        try {
            KernelCalls.chown(path.toString(), ownerUid, ownerUid);
            KernelCalls.chmod(path.toString(), NODE_MODE);
        } catch (LastErrorException e) {
            if (e.getErrorCode() != KernelCalls.EPERM) {
                throw new SetupException("handing " + path + " to uid " + ownerUid, e);
            }
            try {
                // TUNSETOWNER still keeps every other user from attaching.
                KernelCalls.chmod(path.toString(), 0666);
            } catch (LastErrorException refused) {
                throw new SetupException("letting uid " + ownerUid + " open " + path, refused);
            }
        }
    }

    /**
     * Makes the TUN and lets it outlive this process, attachable by the owner without a capability.
     * Errors: SetupException; a device cgroup that blocks TUN is told apart and named.
     */
    public static void makePersistent(Path node, String name, int ownerUid) throws SetupException {
        int fd = open(node);
        try {
            byte[] request = new byte[IFREQ_BYTES];
            byte[] nameBytes = name.getBytes(StandardCharsets.US_ASCII);
            if (nameBytes.length >= IFNAMSIZ) {
                throw new SetupException(name + " is too long for an interface name");
            }
            System.arraycopy(nameBytes, 0, request, 0, nameBytes.length);
            setFlags(request, TunDevice.FLAGS);
            try {
                KernelCalls.ioctl(fd, TUNSETIFF, request);
            } catch (LastErrorException _) {
                // A sandbox without the offload header; whatever else was wrong is told by the second attempt.
                setFlags(request, TunDevice.FLAGS_WITHOUT_HEADER);
                step("making the TUN " + name, () -> KernelCalls.ioctl(fd, TUNSETIFF, request));
            }
            step("giving " + name + " to uid " + ownerUid, () -> KernelCalls.ioctl(fd, TUNSETOWNER, (long) ownerUid));
            step("making " + name + " persistent", () -> KernelCalls.ioctl(fd, TUNSETPERSIST, 1L));
        } finally {
            KernelCalls.close(fd);
        }
    }

    private static void setFlags(byte[] request, int flags) {
        request[IFNAMSIZ] = (byte) flags;
        request[IFNAMSIZ + 1] = (byte) (flags >> 8);
    }

    private static int open(Path node) throws SetupException {
        try {
            return KernelCalls.open(node.toString(), KernelCalls.O_RDWR | KernelCalls.O_CLOEXEC);
        } catch (LastErrorException e) {
            switch (e.getErrorCode()) {
                case KernelCalls.EPERM ->
                    throw new SetupException("opening " + node
                            + ": EPERM; the node's container runtime blocks /dev/net/tun by its device"
                            + " cgroup (runc 1.2.0 to 1.2.3 and some crun versions do). Update runc to 1.2.4 or newer"
                            + ", or allow the device 10:200 rwm in the runtime");
                case KernelCalls.EACCES ->
                    throw new SetupException(
                            "opening " + node + ": EACCES; the volume is mounted nodev. Use an emptyDir"
                                    + " with medium: Memory for " + node.getParent());
                case KernelCalls.ENODEV, KernelCalls.ENXIO ->
                    throw new SetupException(
                            "opening " + node + ": the node's kernel has no TUN driver; load it with: modprobe tun");
                default -> throw new SetupException("opening " + node, e);
            }
        }
    }

    private static void step(String what, Runnable call) throws SetupException {
        try {
            call.run();
        } catch (LastErrorException e) {
            switch (e.getErrorCode()) {
                case KernelCalls.EPERM ->
                    throw new SetupException(what + ": EPERM; the setup container needs the capability NET_ADMIN");
                case KernelCalls.EINVAL ->
                    throw new SetupException(
                            what + ": EINVAL; an interface of that name exists and is of another kind: remove it");
                default -> throw new SetupException(what, e);
            }
        }
    }
}
