import { browser } from "@web/core/browser/browser";

/** Waits between two tries, in milliseconds; each is made up to half longer or shorter by chance. */
const FIRST = 1000;
const LONGEST = 20_000;

/** Tries again and again, ever less often, until it is stopped. */
export class Retry {
    /** @param {() => any} attempt */
    constructor(attempt) {
        this.attempt = attempt;
        this.failures = 0;
        this.timer = null;
    }

    /** Tries after a while, unless that is planned already. */
    plan() {
        if (this.timer) {
            return;
        }
        const wait = Math.min(LONGEST, FIRST * 2 ** this.failures) * (0.5 + Math.random());
        this.failures += 1;
        this.timer = browser.setTimeout(() => {
            this.timer = null;
            this.attempt();
        }, wait);
    }

    /** What was in the way may be over: a planned try waits no longer than a first one. */
    hurry() {
        if (this.timer) {
            this.stop();
            this.plan();
        }
    }

    stop() {
        browser.clearTimeout(this.timer);
        this.timer = null;
        this.failures = 0;
    }
}
