/** Put into the context of a call as `web_socketio_page`, it comes back as `page` of the change. */
export const PAGE: string;

/** Records of a model that changed in one transaction. */
export interface Change {
    /** Ids that changed and may be read. */
    changed: number[];
    /** Those of the followed ids that were deleted or may not be read any more. */
    gone: number[];
    /** Of the user who changed them. */
    uid: number;
    /** `PAGE` of the page that changed them, where it gave it. */
    page: string | null;
    /** UTC, as Odoo writes it. */
    write_date: string;
}

export interface LiveModelOptions {
    ids?: number[];
    /** Follow what else of the model may be read, new records too. */
    everything?: boolean;
}

/** Some records of a model, followed until `close()`. */
export interface Follow {
    /** Resolves when the server follows; rejects where the model is not live or may not be read. */
    readonly started: Promise<number[] | null>;
    update(options: LiveModelOptions): Promise<number[] | null>;
    close(): void;
}

/** Calls back when records of a live model change; with `null` when changes were missed. */
export function liveModel(
    model: string,
    callback: (change: Change | null) => unknown,
    options?: LiveModelOptions
): Follow;

/** `liveModel` for the life of the calling component. */
export function useLiveModel(
    model: string,
    callback: (change: Change | null) => unknown,
    options?: LiveModelOptions
): Follow;

export interface LiveRecordOptions<Values extends object> {
    /** All that the user may read by default. */
    fields?: (keyof Values & string)[];
    /** Called after each reading, with `data`. */
    onChange?: (data: Values | null) => unknown;
}

export interface LiveRecord<Values extends object> {
    /** Null until it was read, and when the record is gone. */
    readonly data: Values | null;
    /** Why it could not be read. */
    readonly error: Error | null;
    close(): void;
}

/** A record that is read, with the user's rights, now and whenever it changes. */
export function liveRecord<Values extends object = Record<string, any>>(
    model: string,
    id: number,
    options?: LiveRecordOptions<Values>
): LiveRecord<Values>;

/** `liveRecord` for the life of the calling component, which is rendered again at each change. */
export function useLiveRecord<Values extends object = Record<string, any>>(
    model: string,
    id: number,
    options?: LiveRecordOptions<Values>
): LiveRecord<Values>;
