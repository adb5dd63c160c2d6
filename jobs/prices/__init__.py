"""The price book: dated, sourced prices of Bedrock models.

`bedrock.csv` holds one row a price. Rows are added, never edited: what an attempt cost was fixed with the row of its
day, and its price reference must still find that row. A new price is a new row with a newer `effective_from` and its
`source`; a price found to be wrong is corrected by a new row as well, whose source says what it corrects.
A price that nobody has published has no row, so that what it would price shows as unpriced.

Columns of the file, and of a user's own file (setting `SKUSCRIBE_PRICES`):
    model: base model id, without `us.` or `global.`.
    region: the source Region, the one that is called.
    scope: `in-region`, `geo` (profiles such as `us.`, `eu.`) or `global`.
    lane: `on-demand`, `flex`, `batch` or `priority`.
    kind: `input`, `output`, `cache_read`, `cache_write_5m` or `cache_write_1h`.
    context_above_tokens: the price holds for prompts of more tokens than this; 0 is the ordinary price.
    usd_per_million: USD per 1,000,000 tokens.
    effective_from: date of the source, YYYY-MM-DD.
    source: where it was read; `DERIVED` where it was worked out instead.

Source: AWS Price List Bulk API (published 2026-08-20), aws.amazon.com/bedrock/pricing (read 2026-07-24) and, for cache,
flex and priority prices and for models newer than 2026-08-20, the price map of litellm 1.109.1 (2026-11-12, MIT).
AWS prices geo profiles and in-region calls alike, so that such a price has a row for both scopes.
"""
