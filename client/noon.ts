/**
 * The tests of the page run where it is about noon: what it says of a moment depends on whether that is today, and a sale
 * that opens in a minute and a half opens tomorrow for whoever tests at one minute to midnight. What is said of another
 * day has tests of its own. Processes started from here on, the browser too, have this time zone.
 */
export default function beWhereItIsNoon(): void {
  const hours = 12 - new Date().getUTCHours();
  // The names of these zones count westwards.
  process.env.TZ = hours < 0 ? `Etc/GMT+${-hours}` : `Etc/GMT-${hours}`;
}
