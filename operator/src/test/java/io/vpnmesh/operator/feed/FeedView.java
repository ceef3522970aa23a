// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.feed;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.feed.FeedCodec;
import io.vpnmesh.directory.feed.FeedObject;
import java.util.Map;
import java.util.TreeMap;

/** What a reader that begins now gets as the list. */
public final class FeedView {

    private FeedView() {}

    public static Map<String, FeedObject> list(FeedStore store) {
        Map<String, FeedObject> objects = new TreeMap<>();
        for (String line : store.read(0, true, Integer.MAX_VALUE).lines()) {
            try {
                FeedObject object = FeedCodec.decode(line.strip()).object();
                objects.put(object.key(), object);
            } catch (MalformedException e) {
                throw new AssertionError(line, e);
            }
        }
        return objects;
    }
}
