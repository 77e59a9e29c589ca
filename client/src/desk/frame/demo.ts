import { createContext } from 'react';

/** Whether this is a demo shop: only there has the server printed an operator's token. */
export const DemoContext = createContext(false);
