// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.feed;

/**
 * One line of a feed.
 *
 * @param resourceVersion opaque; give the last one back to resume after a break
 */
public record FeedEvent(Type type, FeedObject object, String resourceVersion) {

    /** As in a Kubernetes watch. */
    public enum Type {
        ADDED,
        MODIFIED,
        DELETED,
        /** The list is complete up to here; also a sign of life. */
        BOOKMARK
    }

    public static FeedEvent bookmark(String resourceVersion) {
        return new FeedEvent(Type.BOOKMARK, new FeedObject.BookmarkObject(), resourceVersion);
    }
}
