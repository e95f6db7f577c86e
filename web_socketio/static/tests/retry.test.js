import { advanceTime, describe, expect, freezeTime, test } from "@odoo/hoot";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";
import { Retry } from "@web_socketio/retry";

describe.current.tags("headless");

function makeRetry() {
    freezeTime(); // only advanceTime moves it, on a busy machine, too
    patchWithCleanup(Math, { random: () => 0.5 });
    return new Retry(() => expect.step("try"));
}

test("waits double up to 20 seconds, and begin anew after a success", async () => {
    const retry = makeRetry();
    for (const seconds of [1, 2, 4, 8, 16, 20, 20]) {
        retry.plan();
        retry.plan(); // of no effect
        await advanceTime(seconds * 1000 - 1);
        expect.verifySteps([]);
        await advanceTime(1);
        expect.verifySteps(["try"]);
    }
    retry.stop();
    retry.plan();
    await advanceTime(1000);
    expect.verifySteps(["try"]);
});

test("a long wait is cut short where the reason may be gone, and only then", async () => {
    const retry = makeRetry();
    retry.hurry(); // nothing is planned
    retry.failures = 10;
    retry.plan();
    await advanceTime(5000);
    expect.verifySteps([]);
    retry.hurry();
    await advanceTime(1000);
    expect.verifySteps(["try"]);
    await advanceTime(60_000);
    expect.verifySteps([]);
});

test("nothing is tried once it was stopped", async () => {
    const retry = makeRetry();
    retry.plan();
    retry.stop();
    await advanceTime(60_000);
    expect.verifySteps([]);
});
