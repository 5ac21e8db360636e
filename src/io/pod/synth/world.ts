// The world of the invented people: cities, professions, movies, shops. Figures are of the right order, not statistics.
export interface City {
  readonly name: string;
  readonly country: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly people: number;
  /** Typical fine dust in µg/m³ and noise in dB at the road. */
  readonly dust: number;
  readonly noise: number;
  readonly wages: number;
  readonly currency: string;
}

const city = (row: string): City => {
  const [name = "", country = "", ...figures] = row.split("|");
  const [latitude = 0, longitude = 0, people = 0, dust = 0, noise = 0, wages = 0] = figures.map(Number);
  return { name, country, latitude, longitude, people, dust, noise, wages, currency: figures[6] ?? "EUR" };
};

export const cities: readonly City[] = [
  "Paris|France|48.857|2.352|2100|13|66|1.1|EUR",
  "Lyon|France|45.764|4.836|520|12|62|0.95|EUR",
  "Versailles|France|48.805|2.12|85|10|57|1.05|EUR",
  "Lisbon|Portugal|38.722|-9.139|550|9|63|0.6|EUR",
  "Braga|Portugal|41.545|-8.426|190|8|58|0.5|EUR",
  "Hamburg|Germany|53.551|9.994|1850|11|63|1.1|EUR",
  "Ulm|Germany|48.401|9.988|127|10|58|1.05|EUR",
  "Leipzig|Germany|51.34|12.374|600|11|60|0.9|EUR",
  "Milan|Italy|45.464|9.19|1370|21|66|0.95|EUR",
  "Turin|Italy|45.07|7.687|850|22|64|0.85|EUR",
  "Gdańsk|Poland|54.352|18.647|470|15|60|0.55|PLN",
  "Kraków|Poland|50.065|19.945|780|24|63|0.55|PLN",
  "Gothenburg|Sweden|57.709|11.975|590|7|59|1.1|SEK",
  "Ghent|Belgium|51.054|3.717|265|12|60|1.1|EUR",
].map(city);

export interface Profession {
  readonly name: string;
  readonly weight: number;
  /** Yearly, in euros of a city whose wages are 1, at 25 and gained per year. */
  readonly salary: number;
  readonly raise: number;
  readonly sickDays: number;
}

const profession = (row: string): Profession => {
  const [name = "", ...figures] = row.split("|");
  const [weight = 0, salary = 0, raise = 0, sickDays = 0] = figures.map(Number);
  return { name, weight, salary, raise, sickDays };
};

export const professions: readonly Profession[] = [
  "nurse|8|32000|420|16",
  "teacher|9|35000|560|11",
  "software developer|7|46000|980|6",
  "bus driver|4|28000|260|18",
  "cook|5|25000|240|13",
  "carpenter|4|29000|340|14",
  "shop assistant|10|24000|180|12",
  "accountant|5|38000|620|8",
  "physician|3|58000|1500|6",
  "farmer|2|24000|300|7",
  "electrician|4|31000|380|12",
  "journalist|2|33000|450|7",
  "academic|4|37000|720|6",
  "pilot|1|62000|1700|8",
  "student|9|9000|0|5",
  "pensioner|14|21000|0|0",
  "engineer|6|45000|850|7",
  "cleaner|6|21000|110|17",
].map(profession);

export const givenNames =
  "Ada Alan Ana Bruno Clara Denis Elif Emma Farid Greta Hugo Ines Jan Katja Leo Lina Marek Maria Nils Nora Omar Paula Rui Sara Tomas Vera Yara Zoe".split(
    " ",
  );
export const familyNames =
  "Almeida Berg Bianchi Costa Dubois Fischer Hansson Kowalska Lambert Lindqvist Maes Moreau Nowak Peeters Ricci Rossi Schmidt Silva Vogel Wagner".split(
    " ",
  );

/** Title, and where it lies between quiet (-1) and loud (1): who likes one quiet film likes others. */
export const movies: readonly (readonly [string, number])[] = [
  ["The Lighthouse Keeper", -0.8],
  ["Nine Winters", -0.9],
  ["A Garden in March", -0.6],
  ["Letters to Nobody", -0.7],
  ["The Clockmaker's Daughter", -0.3],
  ["Two Tickets to Trieste", -0.1],
  ["Kitchen Stories", 0],
  ["The Long Bridge", 0.1],
  ["Midnight Ferry", 0.2],
  ["Half a Moon", 0.3],
  ["Steel Harbour", 0.6],
  ["The Last Convoy", 0.7],
  ["Red Signal", 0.8],
  ["Orbit of Fire", 0.9],
  ["Thunder Run 4", 1],
];

/** What is bought: counterparty, category, typical amount, times a month. */
export const spending: readonly (readonly [string, string, number, number])[] = [
  ["Corner Bakery", "food", 6, 10],
  ["Green Market", "food", 42, 7],
  ["City Transport", "travel", 9, 5],
  ["Fuel & Go", "travel", 55, 1.5],
  ["Pharmacy at the Gate", "health", 18, 0.8],
  ["Books & Tea", "leisure", 21, 1],
  ["Cinema Lux", "leisure", 12, 1],
  ["Cloth House", "clothes", 60, 0.6],
  ["Nordic Telecom", "home", 35, 1],
];
